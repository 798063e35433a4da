// What the programs on Genesys's own client share: a session of John Smith, opened as its documentation says.
'use strict';

// The client's CometD adapter wants a browser's place to put things before it is loaded.
const WorkspaceApi = require('genesys-workspace-client-js');

exports.say = object => process.stdout.write(JSON.stringify(object) + '\n');

exports.used = () => {
    const {user, system} = process.cpuUsage();
    return (user + system) / 1e6;
};

exports.now = () => Number(process.hrtime.bigint()) / 1e9;

exports.open = async url => {
    const basic = Buffer.from('engage-client:engage-secret').toString('base64');
    const answer = await fetch(`${url}/auth/v3/oauth/token`, {
        method: 'POST',
        headers: {Authorization: `Basic ${basic}`, 'Content-Type': 'application/x-www-form-urlencoded'},
        body: 'grant_type=password&username=JohnSmith&password=password'
    });
    const {access_token: token} = await answer.json();
    const api = new WorkspaceApi('', url, false);
    await api.initialize({token});
    return api;
};
