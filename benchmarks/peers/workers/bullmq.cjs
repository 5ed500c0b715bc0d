// BullMQ with its defaults: `node bullmq.cjs worker` and `node bullmq.cjs producer`, the same work as sleeping.py and producing.py.
const path = require('node:path');
const readline = require('node:readline');
const { createRequire } = require('node:module');

const folder = process.env.BULLMQ_DIR;
const load = folder ? createRequire(path.join(path.resolve(folder), 'package.json')) : require;
const connection = { host: '127.0.0.1', port: Number(process.env.REDIS_PORT) };
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

function work() {
  const IORedis = load('ioredis');
  const tally = new (IORedis.default ?? IORedis)(Number(process.env.TALLY_PORT), '127.0.0.1');
  const note = (what, id) => tally.rpush('executions', `${what} ${id} ${Date.now() / 1000}`);
  const worker = new (load('bullmq').Worker)(
    'jobs',
    async (job) => {
      await note('began', job.data.id);
      await pause(Number(process.env.JOB_SECONDS));
      await note('ended', job.data.id);
    },
    { connection, concurrency: Number(process.env.SLOTS) },
  );
  worker.on('error', (error) => console.error(String(error)));
}

async function produce() {
  const queue = new (load('bullmq').Queue)('jobs', { connection });
  queue.on('error', (error) => console.error(String(error)));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    for (let accepted = false; !accepted; ) {
      try {
        await queue.add('job', { id: line });
        accepted = true;
        console.log(`accepted ${line}`);
      } catch (error) {
        console.log(`refused ${line} ${error.name}`);
        await pause(0.2);
      }
    }
  }
  await queue.close();
}

function version() {
  const driver = load('ioredis/package.json').version;
  console.log(`BullMQ ${load('bullmq/package.json').version}, ioredis ${driver}, Node ${process.version}`);
}

({ worker: work, producer: produce, version })[process.argv[2]]();
