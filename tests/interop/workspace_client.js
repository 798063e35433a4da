// The vendor's workspace client as a program: one JSON command a line on standard input, one JSON answer a line on
// standard output. The client is untouched; the groups it has only as generated code are used as they are generated.
'use strict';

const fs = require('fs');
const readline = require('readline');

const WorkspaceApi = require('genesys-workspace-client-js');
const generated = require('genesys-workspace-client-js/src/internal/code-gen/workspace-api');

let client;
let initialization = 'not begun';
const emitted = [];       // what the client says of the voice channel: {event, ...}
const messages = [];      // what came on channels that it does not follow: {channel, data}
const unhandled = [];     // rejections of promises that it let go of

// The client's own answer, or what it rejects with: the HTTP status and body that came, or its own fault.
async function outcome(ask) {
    try {
        return {data: (await ask()) ?? null};
    } catch (error) {
        return {status: error.status, body: error.response && error.response.body, fault: error.message || String(error)};
    }
}

const commands = {
    create: ({apiKey, url}) => {
        client = new WorkspaceApi(apiKey, url, false);
        for (const event of ['CallStateChanged', 'DnStateChanged', 'EventUserEvent']) {
            client.on(event, message => emitted.push({event, ...message}));
        }
    },
    initialize: login => outcome(() => client.initialize(login)),
    begin: login => {
        initialization = 'pending';
        client.initialize(login).then(() => { initialization = 'resolved'; }, () => { initialization = 'rejected'; });
    },
    initialization: () => initialization,
    activateChannels: ({args}) => outcome(() => client.activateChannels(...args)),
    call: ({group, method, args}) => outcome(() => client[group][method](...args)),
    generated: ({api, method, args}) => outcome(() => new generated[api](client.agent)[method](...args)),
    attach: ({mediatype, id, path}) => outcome(() => new generated.MediaApi(client.agent)
        .addAttachment(mediatype, id, {attachment: fs.createReadStream(path)})),
    follow: ({channel}) => new Promise(done => client._cometd.subscribe(channel,
        ({channel, data}) => messages.push({channel, data}), ({successful}) => done(successful))),
    emitted: () => emitted,
    messages: () => messages,
    unhandled: () => unhandled,
    calls: () => Object.fromEntries(client.voice.calls),
    dn: () => client.voice.dn,
    user: () => client.user,
    configuration: () => client.configuration,
    initialized: () => client.initialized,
    destroy: () => outcome(() => client.destroy())
};

function say(object) {
    process.stdout.write(JSON.stringify(object) + '\n');
}

// The client's CometD logs to the console; answers must stay alone on standard output.
console.log = console.info = console.warn = console.error = console.debug = () => {};
process.on('unhandledRejection', error => unhandled.push({status: error.status, fault: error.message}));

say({ready: true});
readline.createInterface({input: process.stdin}).on('line', async line => {
    const {command, ...parameters} = JSON.parse(line);
    try {
        say({result: (await commands[command](parameters)) ?? null});
    } catch (error) {
        say({error: String(error.stack)});
    }
}).on('close', () => process.exit(0));
