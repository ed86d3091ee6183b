/**
 * Every bound and default of Aula stands here, with its unit in its name: nothing in the system grows
 * beyond a number in this file.
 *
 * @module
 */

/** The version of the wire that two of our roles speak once both have said hello. */
export const PROTOCOL_VERSION = 1;

/** Where a server listens if nothing else is said. */
export const DEFAULT_SERVER_PORT = 5000;
/** Where a worker listens if nothing else is said. */
export const DEFAULT_WORKER_PORT = 6001;

// Lines on the wire.

/** Longest request line that a server or worker reads, in bytes without the newline. */
export const DEFAULT_MAX_REQUEST_LINE_BYTES = 1024 * 1024;
/** The shortest limit of request lines that still lets through what our own roles say first. */
export const MIN_MAX_LINE_BYTES = 64;
/** Longest reply line that a client, or a server from its worker, reads. */
export const MAX_REPLY_LINE_BYTES = 64 * 1024 * 1024;
/** What one read from a socket may bring; also the size of a busy connection's read buffer. */
export const READ_BUFFER_BYTES = 64 * 1024;
/** The read buffer of a connection that is idle or sends little. */
export const IDLE_READ_BUFFER_BYTES = 1024;
/** Connections that may read or write with a large buffer at once; the others do so with a small one. */
export const MAX_LARGE_BUFFERS = 1024;

/** The first storage of lines that are being written. */
export const SMALL_WRITER_BYTES = 512;
/** The next storage of lines that are being written. */
export const WRITER_BYTES = 16 * 1024;
/** The largest storage of lines that is kept for the next: what grew beyond it is let go once it is empty. */
export const LARGE_WRITER_BYTES = 256 * 1024;
/** Bytes of storage of each of these sizes that are kept for the next lines. */
export const MAX_SPARE_WRITER_BYTES = 1024 * 1024;
/** The buffer of a short write; a longer one takes one of the size of a busy read. */
export const SMALL_WRITE_BUFFER_BYTES = 2 * 1024;

// Numbers in requests.

/** Digits of the largest `n` (and of the ends of a range). */
export const MAX_INTEGER_DIGITS = 1000;
/** Digits of the largest result: about three times those of its `n`, with room to spare. */
export const MAX_RESULT_DIGITS = 4000;
/** Coordinators that a request may pass: two that name each other then do no harm. */
export const MAX_HOPS = 8;
/** Largest `timeout_ms` of a request: one day. */
export const MAX_TIMEOUT_MS = 24 * 60 * 60 * 1000;

// Queues.

/** Requests of one connection that may be unanswered before its requests are no longer read. */
export const MAX_PIPELINED_REQUESTS = 16_384;
/** Bytes of replies waiting for one peer before its requests are no longer read. */
export const MAX_UNSENT_REPLY_BYTES = 4 * 1024 * 1024;
/** Requests that the coordinator holds in all, waiting or in flight. */
export const MAX_REQUESTS = 100_000;
/** Bytes of requests, of unfinished lines and of unsent replies that a coordinator or a worker holds in all. */
export const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** Requests in flight on one connection to a worker that speaks the full protocol. */
export const WORKER_WINDOW = 1024;
/** Connections to a plain worker, each with one request in flight. */
export const PLAIN_CONNECTIONS = 4;
/** Attempts at one piece of work: a guard against workers that come and go for ever. */
export const MAX_ATTEMPTS = 64;
/** Connections that a server or a worker serves at once; more wait in the system's queue. */
export const MAX_CONNECTIONS = 20_000;

// Time.

/** How long a worker may take for one piece of work. */
export const DEFAULT_WORKER_TIMEOUT_MS = 2000;
/** How long a client waits for the server. */
export const DEFAULT_CLIENT_TIMEOUT_MS = 10_000;
/** A machine that does not answer a connect in this time counts as down. */
export const CONNECT_TIMEOUT_MS = 1000;
/** A worker that does not answer our hello in this time is a plain one. */
export const HELLO_TIMEOUT_MS = 1000;
/** How long a request may wait for the very first connect attempts to end. */
export const FIRST_CONNECT_WAIT_MS = 1000;
/** An address known as plain is greeted with hello again at most this often. */
export const PLAIN_RECHECK_MS = 60_000;
/** The first pause before a lost worker is dialled again; it doubles from there. */
export const REDIAL_MIN_MS = 25;
/** The longest pause between two dials: a worker that comes up is used within a second. */
export const REDIAL_MAX_MS = 600;
/** How often a worker that speaks the full protocol is asked whether it lives. */
export const HEARTBEAT_INTERVAL_MS = 1000;
/** Heartbeats without an answer that make a worker suspect. */
export const HEARTBEATS_TO_SUSPECT = 2;
/** Heartbeats without an answer after which its connection is given up. */
export const HEARTBEATS_TO_DOWN = 3;
/** How long a worker that failed gets nothing, the first time; it doubles from there. */
export const EJECT_MIN_MS = 1000;
/** The longest time for which a worker that failed gets nothing. */
export const EJECT_MAX_MS = 60_000;
/** A second worker is asked when the first has not answered for 4 x p99, but not earlier than this. */
export const HEDGE_MIN_MS = 50;
/** A second worker is asked when the first has not answered for so long, however slow all are. */
export const HEDGE_MAX_MS = 100;
/** Workers that may have one piece of work in hand at once, each asked because those before it were slow. */
export const MAX_ASKED_AT_ONCE = 4;
/** The share of the requests of the last ten seconds that may be asked a second time. */
export const HEDGE_SHARE = 0.1;
/** Requests that may be asked a second time at once, however few came lately. */
export const HEDGE_BURST = 64;
/** Requests a second that may be asked a second time, however few came lately. */
export const HEDGE_REFILL_PER_SECOND = 10;
/** How long a joined worker that was lost keeps its place among the workers. */
export const JOINED_PLACE_MS = 60_000;
/** The first pause before a joining worker dials its coordinator again; it doubles from there. */
export const JOIN_MIN_MS = 100;
/** The longest pause before a joining worker dials its coordinator again. */
export const JOIN_MAX_MS = 5000;
/** Workers that may join one coordinator. */
export const MAX_JOINED_WORKERS = 10_000;
/** Longest name of a worker, in characters. */
export const MAX_NAME_CHARS = 200;
/** How often timeouts are looked at while work is under way. */
export const TICK_MS = 10;
/** A tick that comes so much too late says more about ourselves than about those whom we wait for. */
export const LATE_TICK_MS = 50;
/** How long a stopping role waits for what is in flight. */
export const STOP_GRACE_MS = 10_000;
/** A second signal this long after the first ends a role at once; a nearer one is the same Ctrl-C. */
export const SECOND_SIGNAL_MS = 1000;
/** How long the last replies of a connection that we end may take to be written. */
export const FINISH_TIMEOUT_MS = 10_000;
/** How long a connection that we end for an error goes on reading, so that the error arrives. */
export const LINGER_MS = 1000;
/** How long accept() rests after a failure such as "too many open files". */
export const ACCEPT_PAUSE_MS = 50;
/** Connects that the system may still be trying for one address after we gave them up. */
export const MAX_ABANDONED_CONNECTS = 8;

// The client.

/** Requests of a batch in flight. */
export const DEFAULT_BATCH_WINDOW = 2048;
/** Characters that a batch holds, of requests in flight and of replies that wait for an earlier one. */
export const MAX_BATCH_HELD_CHARS = 8 * 1024 * 1024;
/** Largest window of a batch: what a server reads ahead on one connection. */
export const MAX_BATCH_WINDOW = MAX_PIPELINED_REQUESTS;

// Workers of one's own (`--local`).

/** Most workers that `--local` starts. */
export const MAX_LOCAL_WORKERS = 256;
/** The first pause before a local worker that ended is started again; it doubles from there. */
export const LOCAL_RESTART_MIN_MS = 50;
/** The longest pause before a local worker is started again. */
export const LOCAL_RESTART_MAX_MS = 5000;
/** How long a local worker may take from its start to the line that names its port. */
export const LOCAL_START_TIMEOUT_MS = 10_000;
