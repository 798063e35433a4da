// Requests of one agent with Genesys's own client: GET current-session, so many at once. See requests.py.
'use strict';

const {open, say, used, now} = require('./genesys.js');
const [url, atOnce, count] = JSON.parse(process.argv[2]);

async function main() {
    const api = await open(url);
    const ask = () => api._sessionApi.getCurrentSession();
    await ask();
    let left = count;
    const worker = async () => {
        while (left > 0) {
            --left;
            await ask();
        }
    };
    const before = used(), began = now();
    await Promise.all(Array.from({length: atOnce}, worker));
    say({took: now() - began, cpu: used() - before});
}

main().then(() => process.exit(0), error => { console.error(error); process.exit(1); });
