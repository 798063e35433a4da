// The vendor's statistics client as a program: one JSON command a line on standard input, one JSON answer a line on
// standard output. The client is untouched, but for its cookies: those marked Secure are kept without the mark, because
// the emulator speaks plain http.
'use strict';

const readline = require('readline');

const Statistics = require('genesys-statistics-client-js');

let client;
let initialization = 'not begun';
const updates = [];
const changes = [];

function create({apiKey, url}) {
    client = new Statistics(apiKey, url);
    const jar = client.cookieJar;
    const setCookies = jar.setCookies.bind(jar);
    jar.setCookies = (cookies, ...more) =>
        setCookies([].concat(cookies).map(cookie => cookie.replace(/;\s*secure/i, '')), ...more);
    client.on(client.UPDATES_EVENT, data => updates.push(data));
    client.on(client.SERVICE_CHANGE_EVENT, data => changes.push(data));
}

// The client's own answer to a request, or what it rejects with: the HTTP status and body that came.
function outcome(promise) {
    return promise.then(
        data => ({data}),
        error => ({status: error.status, body: error.response && error.response.body}));
}

const commands = {
    create,
    initialize: ({token, configuration}) => {
        initialization = 'pending';
        client.initialize(token, configuration)
            .then(() => { initialization = 'resolved'; }, error => { initialization = 'rejected: ' + error; });
    },
    initialization: () => initialization,
    createSubscription: ({id, descriptors, verbose}) => outcome(client.createSubscription(id, descriptors, verbose)),
    peek: ({id, statisticIds, verbose}) => outcome(client.peekSubscriptionStats(id, statisticIds, verbose)),
    deleteSubscription: ({id}) => outcome(client.deleteSubscription(id)),
    value: ({name, objectId, objectType}) => outcome(client.getStatValue(name, objectId, objectType)),
    values: ({infos}) => outcome(client.getStatValues(infos)),
    updates: () => updates,
    changes: () => changes,
    destroy: () => client.destroy()
};

function say(object) {
    process.stdout.write(JSON.stringify(object) + '\n');
}

// The client's CometD logs to the console; answers must stay alone on standard output.
console.log = console.info = console.warn = console.error = console.debug = () => {};
global.window.console = console;

say({ready: true});
readline.createInterface({input: process.stdin}).on('line', async line => {
    const {command, ...parameters} = JSON.parse(line);
    try {
        say({result: (await commands[command](parameters)) ?? null});
    } catch (error) {
        say({error: String(error.stack)});
    }
}).on('close', () => process.exit(0));
