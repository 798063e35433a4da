// The vendor's provisioning client as a program: one JSON command a line on standard input, one JSON answer a line on
// standard output. The client is untouched.
'use strict';

const readline = require('readline');

const {ProvisioningApi} = require('genesys-provisioning-client-js');

let client;
const answers = [];
const messages = [];

// The client's own answer to a request, or what it rejects with: the HTTP status and body that came, or its own fault.
function outcome(promise) {
    return Promise.resolve(promise).then(
        data => ({data: data === undefined ? null : data}),
        error => ({status: error.status, body: error.response && error.response.body, fault: String(error)}));
}

const commands = {
    create: ({apiKey, url}) => {
        client = new ProvisioningApi(apiKey, url);
        client.on('OnAsyncResponse', message => messages.push(message));
    },
    initialize: options => outcome(client.initialize(options)),
    call: ({group, method, args}) => outcome(client[group][method](...args)),
    ask: ({method, args}) => outcome(client.operations[method](...args, data => answers.push(data))),
    answers: () => answers,
    messages: () => messages,
    destroy: () => outcome(client.destroy())
};

function say(object) {
    process.stdout.write(JSON.stringify(object) + '\n');
}

// The client's CometD logs to the console; answers must stay alone on standard output.
console.log = console.info = console.warn = console.error = console.debug = () => {};

say({ready: true});
readline.createInterface({input: process.stdin}).on('line', async line => {
    const {command, ...parameters} = JSON.parse(line);
    try {
        say({result: (await commands[command](parameters)) ?? null});
    } catch (error) {
        say({error: String(error.stack)});
    }
}).on('close', () => process.exit(0));
