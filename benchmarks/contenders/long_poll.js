// Long polling with the official JavaScript client: count events, or note how long each took. See long_poll.py.
'use strict';

const [, port, count, latencies] = JSON.parse(process.argv[2]);
const uptime = () => Number(process.hrtime.bigint()) / 1e9;
const used = () => { const {user, system} = process.cpuUsage(); return (user + system) / 1e6; };
const say = object => process.stdout.write(JSON.stringify(object) + '\n');

async function main() {
    const {adapt} = await import('cometd-nodejs-client');
    const {CometD} = await import('cometd');
    adapt();
    const cometd = new CometD();
    cometd.unregisterTransport('websocket');
    cometd.configure({url: `http://localhost:${port}/notifications`, useWorkerScheduler: false, logLevel: 'error'});
    const took = [];
    let received = 0, before;
    cometd.handshake(answer => {
        if (!answer.successful) {
            throw new Error('no handshake');
        }
        cometd.subscribe('/workspace/v3/voice', message => {
            if (latencies) {
                took.push(uptime() - message.data.call.at);
            }
            if (++received === count) {
                say({end: uptime(), cpu: used() - before, latencies: took});
            }
        }, () => setTimeout(() => {
            before = used();
            say({ready: true});
        }, 200));
    });
}

main();
