// Make-call until its event with Genesys's own client, whose answer is "accepted": the waiting is written by hand.
'use strict';

const {open, say, now} = require('./genesys.js');
const [url, count] = JSON.parse(process.argv[2]);

async function main() {
    const api = await open(url);
    await api.activateChannels('7001', '7001');
    const took = [];
    for (let n = 0; n < count; ++n) {
        const began = now();
        const dialing = new Promise(done => {
            const heard = ({call}) => {
                if (call.state === 'Dialing') {
                    api.removeListener('CallStateChanged', heard);
                    done(call);
                }
            };
            api.on('CallStateChanged', heard);
        });
        await api.voice.makeCall('5550001');
        const call = await dialing;
        took.push(now() - began);
        await api.voice.releaseCall(call.id);
    }
    say({took});
}

main().then(() => process.exit(0), error => { console.error(error); process.exit(1); });
