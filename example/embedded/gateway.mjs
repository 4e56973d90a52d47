// The PostgreSQL protocol in front of one PGlite session. The protocol:
// https://www.postgresql.org/docs/17/protocol-message-formats.html
//
// PGlite answers messages but knows nothing of sockets and clients. This part
// - cuts the stream into whole messages, whatever pieces TCP delivers them in,
// - does the greeting: no TLS, no password, the startup settings applied, unknown databases and roles refused,
// - lets one client in at a time; the others wait in line, and after a while are told why,
// - and leaves a clean session behind: an open transaction is rolled back, settings, temporary tables and prepared
//   statements of a client are gone when the next one comes.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
const LARGEST_STARTUP = 10_000;
const WAIT_IN_LINE_MS = 20_000;
// What a server reports at the greeting; drivers read several of them.
const REPORTED = ['application_name', 'client_encoding', 'DateStyle', 'default_transaction_read_only', 'in_hot_standby',
  'integer_datetimes', 'IntervalStyle', 'is_superuser', 'server_encoding', 'server_version', 'session_authorization',
  'standard_conforming_strings', 'TimeZone'];
// PGlite starts PostgreSQL as initdb does: tables would land in pg_catalog and every plan would shun sequential scans;
// and DISCARD ALL does not bring back the user.
const AS_A_SERVER = `
  SET SESSION AUTHORIZATION postgres;
  SET search_path = "$user", public;
  SET enable_seqscan = on;
  SET allow_system_table_mods = off;
  SET client_encoding = UTF8;
  SET client_min_messages = notice;
  SET log_min_messages = warning`;

/** Listens, and resolves to the server once it does. */
export function serve(db, host, port) {
  const line = new Line();
  const server = createServer((socket) => new Client(db, socket, line));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

/** Who may talk to the one session; first come, first served. */
class Line {
  #busy = false;
  #waiting = [];

  /** Resolves to true when it is this client's turn, to false when it waited too long. */
  enter() {
    if (!this.#busy) {
      this.#busy = true;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const place = { resolve };
      place.timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(place), 1);
        resolve(false);
      }, WAIT_IN_LINE_MS);
      this.#waiting.push(place);
    });
  }

  leave() {
    const next = this.#waiting.shift();
    if (next) {
      clearTimeout(next.timer);
      next.resolve(true);
    } else {
      this.#busy = false;
    }
  }
}

class Client {
  #db;
  #socket;
  #line;
  #input = Buffer.alloc(0);
  #greeted = false;
  #hasTurn = false;
  #closed = false;
  #working = false;
  #transaction = 'I';       // as in ReadyForQuery: I idle, T in a transaction, E in a failed one
  #unsynced = false;        // extended messages came since the last Sync

  constructor(db, socket, line) {
    this.#db = db;
    this.#socket = socket;
    this.#line = line;
    socket.setNoDelay(true);
    socket.on('data', (piece) => {
      this.#input = this.#input.length ? Buffer.concat([this.#input, piece]) : piece;
      this.#work();
    });
    socket.on('error', () => {});          // a reset by the client; 'close' follows
    socket.on('close', () => {
      this.#closed = true;
      this.#work();
    });
  }

  /** Handles what has arrived, one thing after the other. */
  async #work() {
    if (this.#working) return;
    this.#working = true;
    try {
      while (!this.#closed) {
        if (!(this.#greeted ? await this.#answer() : await this.#greet())) break;
      }
      if (this.#closed) await this.#leave();
    } catch (e) {
      this.#fatal('XX000', `the embedded engine failed: ${e.message}`);
      if (this.#hasTurn) {
        console.error(`embedded: ${e.stack?.slice(0, 2000)}`);
        process.exit(1);                    // the session is not to be trusted any more
      }
    } finally {
      this.#working = false;
    }
    if (this.#closed && this.#hasTurn) await this.#leave();
  }

  // ---- greeting

  /** @returns whether there may be more to do */
  async #greet() {
    if (this.#input.length < 8) return false;
    const length = this.#input.readInt32BE(0);
    if (length < 8 || length > LARGEST_STARTUP) return this.#fatal('08P01', 'that is not the PostgreSQL protocol');
    if (this.#input.length < length) return false;
    const message = this.#take(length);
    switch (message.readInt32BE(4)) {
      case SSL_REQUEST:
      case GSS_REQUEST:
        this.#socket.write('N');
        return true;
      case CANCEL_REQUEST:                  // a statement runs to its end: WebAssembly cannot be interrupted
        this.#socket.end();
        return false;
      default:
        return this.#enter(parameters(message));
    }
  }

  async #enter({ user, database = user, options = '', replication, ...settings }) {
    if (replication && replication !== 'false') return this.#fatal('0A000', 'the embedded engine has no replication');
    this.#hasTurn = await this.#line.enter();
    if (!this.#hasTurn) {
      return this.#fatal('53300', 'another client is connected, and the embedded engine serves one at a time');
    }
    if (this.#closed) return false;
    const { rows: [known] } = await this.#db.query(
      `SELECT current_database() AS database,
              EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1 AND rolcanlogin) AS role`, [user]);
    if (database !== known.database) {
      return this.#fatal('3D000',
        `database "${database}" does not exist; the embedded engine has one, "${known.database}"`);
    }
    if (!known.role) return this.#fatal('28000', `role "${user}" does not exist`);
    try {
      await this.#db.exec(AS_A_SERVER);
      for (const [name, value] of [...Object.entries(settings), ...optionSettings(options)]) {
        if (!name.startsWith('_pq_.')) await this.#db.query('SELECT set_config($1, $2, false)', [name, value]);
      }
      await this.#db.exec(`SET SESSION AUTHORIZATION ${identifier(user)}`);
    } catch (e) {
      return this.#fatal(e.code ?? 'XX000', e.message);
    }
    const { rows } = await this.#db.query('SELECT name, setting FROM pg_settings WHERE name = ANY ($1)', [REPORTED]);
    this.#socket.write(Buffer.concat([
      packet('R', int32(0)),
      ...rows.map(({ name, setting }) => packet('S', text(name), text(setting))),
      packet('K', int32(process.pid), int32(randomInt(2 ** 31))),
      packet('Z', Buffer.from('I')),
    ]));
    this.#greeted = true;
    return true;
  }

  // ---- questions and answers

  /** Hands on the whole messages up to and with the next Query or Sync. @returns whether there may be more to do */
  async #answer() {
    let end = 0;
    let complete = false;
    let type = '';
    while (!complete && this.#input.length >= end + 5) {
      const length = 1 + this.#input.readInt32BE(end + 1);
      if (length < 5) return this.#fatal('08P01', 'that is not the PostgreSQL protocol');
      if (this.#input.length < end + length) break;
      type = String.fromCharCode(this.#input[end]);
      if (type === 'X') {
        if (end === 0) {
          this.#socket.end();
          this.#closed = true;
          return false;
        }
        break;
      }
      end += length;
      complete = 'QSFH'.includes(type);
    }
    if (end === 0) return false;
    const question = refuseCopyIn(this.#take(end));
    const reply = await this.#db.execProtocolRaw(new Uint8Array(question), { throwOnError: false });
    this.#unsynced = !'QSF'.includes(type);
    const answer = Buffer.from(reply.buffer, reply.byteOffset, reply.byteLength);
    const last = answer.length - 6;
    const ready = last >= 0 && answer[last] === 0x5a && answer.readInt32BE(last + 1) === 5;
    if (ready) this.#transaction = String.fromCharCode(answer[answer.length - 1]);
    if (!this.#closed && answer.length && !this.#socket.write(answer)) await drained(this.#socket);
    return true;
  }

  // ---- leaving

  async #leave() {
    if (!this.#hasTurn) return;
    this.#hasTurn = false;
    if (this.#unsynced) await this.#db.execProtocolRaw(new Uint8Array(packet('S')), { throwOnError: false });
    await this.#db.exec('ROLLBACK');        // only a warning when there is no transaction
    await this.#db.exec('DISCARD ALL');
    this.#line.leave();
  }

  #fatal(code, message) {
    if (!this.#closed) {
      this.#socket.end(
        packet('E', text('SFATAL'), text('VFATAL'), text(`C${code}`), text(`M${message}`), Buffer.from([0])));
    }
    return false;
  }

  #take(length) {
    const taken = this.#input.subarray(0, length);
    this.#input = this.#input.subarray(length);
    return taken;
  }
}

// ---- bytes

const int32 = (n) => {
  const b = Buffer.alloc(4);
  b.writeInt32BE(n);
  return b;
};
const text = (s) => Buffer.from(`${s}\0`);
const packet = (type, ...parts) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(4 + body.length), body]);
};
const identifier = (name) => `"${name.replaceAll('"', '""')}"`;
const drained = (socket) => new Promise((resolve) => {
  socket.once('drain', resolve);
  socket.once('close', resolve);
});

/** PGlite breaks down over COPY … FROM STDIN. A statement that fails in its place gives the client a proper error. */
function refuseCopyIn(messages) {
  if (!/\bcopy\b[^;]*\bfrom\s+stdin\b/i.test(messages.toString('latin1', 0, 2000))) return messages;
  const refusal = `DO $$ BEGIN
    RAISE feature_not_supported USING MESSAGE = 'the embedded engine has no COPY FROM STDIN', HINT = 'Use INSERT.';
    END $$`;
  const parts = [];
  for (let at = 0; at < messages.length;) {
    const message = messages.subarray(at, at + 1 + messages.readInt32BE(at + 1));
    const type = String.fromCharCode(message[0]);
    const isCopy = /^\s*copy\b[^;]*\bfrom\s+stdin\b/i;
    const nameEnd = type === 'P' ? message.indexOf(0, 5) : 4;         // a Parse has the statement's name first
    if ('QP'.includes(type) && isCopy.test(message.toString('utf8', nameEnd + 1))) {
      const name = message.subarray(5, nameEnd + 1);
      parts.push(type === 'Q' ? packet('Q', text(refusal)) : packet('P', name, text(refusal), Buffer.alloc(2)));
    } else {
      parts.push(message);
    }
    at += message.length;
  }
  return Buffer.concat(parts);
}

/** The startup message's name and value pairs. */
function parameters(message) {
  const words = message.subarray(8).toString().split('\0');
  const pairs = {};
  for (let i = 0; i + 1 < words.length && words[i]; i += 2) pairs[words[i]] = words[i + 1];
  return pairs;
}

/** "-c name=value --name=value", blanks escaped by backslashes, as PGOPTIONS has it. */
function optionSettings(options) {
  const words = [...options.matchAll(/((?:\\.|[^\s\\])+)/g)].map((m) => m[1].replace(/\\(.)/g, '$1'));
  const settings = [];
  for (let i = 0; i < words.length; i++) {
    const setting = words[i] === '-c' ? words[++i] : words[i].replace(/^-c|^--/, '');
    const equals = setting?.indexOf('=') ?? -1;
    if (equals > 0) settings.push([setting.slice(0, equals).replaceAll('-', '_'), setting.slice(equals + 1)]);
  }
  return settings;
}
