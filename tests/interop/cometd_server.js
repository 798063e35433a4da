// The official CometD server with switches: one JSON command a line on standard input, one JSON answer a line on standard
// output. The first line out is {"port": …}. The server under test is untouched; faults are put in front of it, in the
// HTTP handler, or asked of its own interface (sessions, security policy, options, acknowledgement extension).
'use strict';

const http = require('http');
const readline = require('readline');
const cometd = require('cometd-nodejs-server');
const ack = require('cometd-nodejs-server/ack-extension');

const given = JSON.parse(process.argv[2] || '{}');
const options = {timeout: 2000, interval: 0, maxInterval: 5000, sweepPeriod: 50, maxSessionsPerBrowser: -1, ...given.options};

let bayeux, server, sessions, sockets, port = 0;
let faults = [];          // {kind, channel, times, …}: the first that fits a request is used up by one
let refused = new Set();  // channels whose subscription the security policy refuses
let denied = null;        // the advice with which handshakes are denied
let extra = {};           // advice put into every reply: {"/meta/connect": {…}}
let seen = [];            // every request that came: {channels, at, authorization, advice, ack}

function start() {
    sessions = [];
    sockets = new Set();
    bayeux = cometd.createCometDServer(options);
    if (given.ack) {
        bayeux.addExtension(new ack.AcknowledgedMessagesExtension());
    }
    bayeux.addExtension({
        outgoing: (cometd, sender, session, message, callback) => {
            if (extra[message.channel]) {
                message.advice = {...message.advice, ...extra[message.channel]};
            }
            callback(undefined, true);
        }
    });
    bayeux.policy = {
        canHandshake: (session, message, callback) => {
            if (denied) {
                message.reply.advice = denied;
            }
            callback(undefined, !denied);
        },
        canSubscribe: (session, message, channel, callback) => callback(undefined, !refused.has(channel.name))
    };
    bayeux.addListener('sessionAdded', session => sessions.push(session));
    bayeux.addListener('sessionRemoved', session => sessions = sessions.filter(other => other !== session));
    server = http.createServer(receive);
    server.keepAliveTimeout = 60000;
    server.on('connection', socket => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
    });
    return new Promise(done => server.listen(port, '127.0.0.1', () => {
        port = server.address().port;
        done();
    }));
}

function stop() {
    bayeux.close();
    sockets.forEach(socket => socket.destroy());
    return new Promise(done => server.close(done));
}

function receive(request, response) {
    let text = '';
    request.on('data', chunk => text += chunk);
    request.on('end', () => {
        const messages = JSON.parse(text);
        const channels = messages.map(message => message.channel);
        const first = messages[0];
        seen.push({channels, at: Date.now(), authorization: request.headers.authorization || null,
            advice: first.advice || null, ack: first.ext ? first.ext.ack : null});
        const fault = faults.find(each => !each.channel || channels.includes(each.channel));
        if (fault && --fault.times === 0) {
            faults = faults.filter(each => each !== fault);
        }
        request.body = messages;
        fault ? spoil(fault, request, response) : bayeux.handle(request, response);
    });
}

function spoil(fault, request, response) {
    switch (fault.kind) {
        case 'answer':         // something else than the server's answer; the server never sees the request
            response.writeHead(fault.status, {'Content-Type': fault.type || 'application/json'});
            response.end(fault.body);
            break;
        case 'silent':         // no answer, and the connection stays open
            break;
        case 'cut': {          // the server's answer, whose connection is closed after half of the body
            const socket = response.socket;
            response.end = content => {
                const body = Buffer.from(content, 'utf8');
                response.setHeader('Content-Length', body.length);
                response.write(body.subarray(0, Math.floor(body.length / 2)), () => setTimeout(() => socket.destroy(), 20));
            };
            bayeux.handle(request, response);
            break;
        }
        default:
            throw new Error('unknown fault ' + fault.kind);
    }
}

const commands = {
    publish: ({channel, count = 1, from = 0, size = 0, calls = false}) => {
        const target = bayeux.createServerChannel(channel);
        const filler = size ? {filler: 'x'.repeat(size)} : {};
        for (let n = from; n < from + count; ++n) {
            const call = {messageType: 'CallStateChanged', call: {id: 'c' + n % 100, state: 'Held', at: uptime(), ...filler}};
            target.publish(null, calls ? call : {messageType: 'Numbered', n, ...filler});
        }
    },
    flow: ({channel, count, rate}) => new Promise(done => {   // events at a rate, one by one
        const began = uptime();
        let n = 0;
        const timer = setInterval(() => {
            for (const due = (uptime() - began) * rate; n < count && n < due; ++n) {
                commands.publish({channel, from: n, calls: true});
            }
            if (n >= count) {
                clearInterval(timer);
                done();
            }
        }, 1);
    }),
    deliver: ({channel, data}) => sessions.forEach(session => session.deliver(null, channel, data)),
    fault: fault => { faults.push({times: 1, ...fault}); },
    held: () => sessions.filter(session => session._scheduler).length,
    faults: () => faults.length,
    heal: () => { faults = []; },
    expire: () => sessions.slice().forEach(session => bayeux._removeServerSession(session, true)),
    disconnect: () => sessions.slice().forEach(session => session.disconnect()),
    restart: async ({down = 0}) => {
        await stop();
        await new Promise(done => setTimeout(done, down));
        await start();
    },
    refuse: ({channels}) => { refused = new Set(channels); },
    deny: ({advice}) => { denied = advice; },
    advise: advice => { extra = advice; },
    options: changes => { Object.assign(options, changes); Object.assign(bayeux.options, changes); },
    sessions: () => sessions.map(session => ({id: session.id, subscriptions: session.subscriptions.map(c => c.name)})),
    requests: () => seen,
    forget: () => { seen = []; }
};

// Seconds on the clock that all processes of this machine share.
function uptime() {
    return Number(process.hrtime.bigint()) / 1e9;
}

function say(object) {
    process.stdout.write(JSON.stringify(object) + '\n');
}

start().then(() => {
    say({port});
    readline.createInterface({input: process.stdin}).on('line', async line => {
        const {command, ...parameters} = JSON.parse(line);
        try {
            say({result: (await commands[command](parameters)) ?? null});
        } catch (error) {
            say({error: String(error.stack)});
        }
    }).on('close', () => process.exit(0));
});
