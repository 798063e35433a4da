// The official CometD client as a program: one JSON command a line on standard input, one JSON answer a line on standard
// output. The client is untouched: what it sends is seen where it gives a request to its HTTP, what it says at its
// listeners. Its cookies are those of one browser, shared with the requests that open and end the workspace session.
'use strict';

const readline = require('readline');

let CometD, AckExtension, cometd;
let wanted = [];          // channels subscribed to, again after each handshake
let events = [];          // what came: {subscription, channel, data}
let metas = [];           // replies to meta messages, and those the server sent by itself
let posts = [];           // the channels of each request's messages
const jar = new Map();    // the cookies, name to value

async function start() {
    const {adapt} = await import('cometd-nodejs-client');
    ({CometD, AckExtension} = await import('cometd'));
    adapt({cookies: {
        storeCookie: (uri, header, done) => { keep(header); done(null); },
        retrieveCookies: (context, uri, done) => done(null, cookies())
    }});
    const quiet = () => {};
    window.console = {debug: quiet, info: quiet, log: quiet, warn: quiet, error: quiet};
    window.XMLHttpRequest = class extends window.XMLHttpRequest {
        send(data) {
            posts.push(JSON.parse(data).map(message => message.channel));
            super.send(data);
        }
    };
}

function keep(header) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(header);
    value && value !== '""' ? jar.set(name, value) : jar.delete(name);
}

function cookies() {
    return Array.from(jar, ([name, value]) => `${name}=${value}`);
}

function subscribe(channel, done) {
    return cometd.subscribe(channel, message => {
        events.push({subscription: channel, channel: message.channel, data: message.data});
    }, done);
}

// What the client's documentation says to do: a handshake, the first and any later one, begins without subscriptions.
function subscribeAgain(handshake) {
    if (handshake.successful) {
        cometd.batch(() => wanted.forEach(each => each.handle = subscribe(each.channel)));
    }
}

// A reply without the client's own objects that a failed one carries.
function plain({channel, successful, error, clientId, subscription, advice, ext, failure}) {
    return {channel, successful, error, clientId, subscription, advice, ext, httpCode: failure && failure.httpCode};
}

function reply(ask) {
    return new Promise(done => ask(message => done(plain(message))));
}

const commands = {
    configure: ({url, ack = false, websocket = false, ...more}) => {
        cometd = new CometD();
        if (!websocket) {
            cometd.unregisterTransport('websocket');
        }
        if (ack) {
            cometd.registerExtension('ack', new AckExtension());
        }
        cometd.configure({url, backoffIncrement: 50, maxBackoff: 50, useWorkerScheduler: false, ...more});
        ['handshake', 'connect', 'subscribe', 'unsubscribe', 'disconnect', 'publish'].forEach(name =>
            cometd.addListener('/meta/' + name, message => metas.push(plain(message))));
        cometd.addListener('/meta/handshake', subscribeAgain);
    },
    request: async ({url, method = 'POST', headers = {}, json}) => {
        const body = json === undefined ? undefined : JSON.stringify(json);
        const answer = await fetch(url, {method, body, redirect: 'manual',
            headers: {...headers, Cookie: cookies().join('; '), ...(body && {'Content-Type': 'application/json'})}});
        answer.headers.getSetCookie().forEach(keep);
        const text = await answer.text();
        return {http: answer.status, body: text ? JSON.parse(text) : null};
    },
    handshake: () => reply(done => cometd.handshake(done)),
    disconnect: () => reply(done => cometd.disconnect(done)),
    subscribe: ({channel}) => reply(done => {
        wanted.push({channel, handle: subscribe(channel, done)});
    }),
    unsubscribe: ({channel}) => reply(done => {
        const index = wanted.findIndex(each => each.channel === channel);
        cometd.unsubscribe(wanted.splice(index, 1)[0].handle, done);
    }),
    publish: ({channel, data}) => reply(done => cometd.publish(channel, data, done)),
    batch: ({subscriptions, publications}) => new Promise(done => {
        const replies = [];
        const gather = message => {
            if (replies.push(plain(message)) === subscriptions.length + publications.length) {
                done(replies);
            }
        };
        cometd.batch(() => {
            subscriptions.forEach(channel => wanted.push({channel, handle: subscribe(channel, gather)}));
            publications.forEach(({channel, data}) => cometd.publish(channel, data, gather));
        });
    }),
    state: () => ({status: cometd.getStatus(), clientId: cometd.getClientId(), transport: cometd.getTransport()?.type,
        advice: cometd.getAdvice()}),
    count: () => events.length,
    events: () => events,
    metas: () => metas,
    posts: () => posts,
    cookies: () => Object.fromEntries(jar),
    forget: () => { events = []; metas = []; posts = []; }
};

function say(object) {
    process.stdout.write(JSON.stringify(object) + '\n');
}

start().then(() => {
    say({ready: true});
    readline.createInterface({input: process.stdin}).on('line', async line => {
        const {command, ...parameters} = JSON.parse(line);
        try {
            say({result: (await commands[command](parameters)) ?? null});
        } catch (error) {
            say({error: String(error.stack)});
        }
    }).on('close', () => process.exit(0));
});
