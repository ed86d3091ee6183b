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
/** Full buffers that one connection may bring before the others have their turn, which may cost it a millisecond. */
export const MAX_FULL_READS = 32;
/** Connections that may read with a large buffer at once; the others do so with a small one. */
export const MAX_LARGE_BUFFERS = 1024;

/** Bytes that are copied behind what else is to be written: so many cost less than a write of their own. */
export const MAX_COPIED_BYTES = 8 * 1024;
/** The first storage of lines that are being written. */
export const SMALL_WRITER_BYTES = 512;
/** The next storage of lines that are being written. */
export const WRITER_BYTES = 16 * 1024;
/** The largest storage of lines that is kept for the next: what grew beyond it is let go once it is empty. */
export const LARGE_WRITER_BYTES = 256 * 1024;
/** Bytes of storage of each of these sizes that are kept for the next lines. */
export const MAX_SPARE_WRITER_BYTES = 1024 * 1024;

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
/** Records of answered requests that are kept for the next ones, so that a busy role makes no lasting garbage. */
export const MAX_SPARE_RECORDS = 4096;
/** Records of attempts that are kept for each worker. */
export const MAX_SPARE_ATTEMPTS = 256;
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

// The client of a job.

/** Items that have no answer yet, in bytes, before a client reads no more of its input. */
export const MAX_UNANSWERED_BYTES = 32 * 1024 * 1024;
/** Pieces of input that a client has read and may not send yet. */
export const MAX_WAITING_PIECES = 4;
/** Pieces of input that a client has sent and that have no answer yet. */
export const MAX_SENT_PIECES = 1024;
/** Bytes of results that a client holds until its output takes them. */
export const MAX_UNWRITTEN_BYTES = 8 * 1024 * 1024;
/** Servers that may be lost one after the other without a single result before a client gives up. */
export const MAX_FRUITLESS_CHANNELS = 8;
/** Accumulators that are merged at once. */
export const MAX_MERGE_LINES = 64;
/** Bytes of accumulators that are merged at once; two are, however long. */
export const MAX_MERGE_BYTES = 4 * 1024 * 1024;
/** Bytes of accumulators that a server is given to merge before it has merged others; a merge alone may have more. */
export const MAX_MERGING_BYTES = 32 * 1024 * 1024;
/** Bytes of accumulators that a client holds while they are being merged, before it takes no more. */
export const MAX_TREE_BYTES = 64 * 1024 * 1024;
/** Numbers of a range: every position is a safe integer, and so is the one behind the last. */
export const MAX_RANGE_ITEMS = 2 ** 53 - 2;
/** Largest seed. */
export const MAX_SEED = 2 ** 53 - 1;
/** How often a job's log is written to the disk. */
export const LOG_SYNC_MS = 500;
/** What is read of a job's log at a time. */
export const LOG_READ_BYTES = 1024 * 1024;
/** How long a lock is waited for where the runtime cannot ask for one without waiting. */
export const LOG_LOCK_MS = 500;
/** How often the line that shows how far a job is is drawn over. */
export const PROGRESS_DRAW_MS = 200;
/** How often such a line is written where it cannot be drawn over. */
export const PROGRESS_LINE_MS = 1000;
/** How long nobody may be at work for a job before its client says so. */
export const NOBODY_NOTICE_MS = 2000;

// Workers of one's own (`--local`).

/** Most workers that `--local` starts. */
export const MAX_LOCAL_WORKERS = 256;
/** The first pause before a local worker that ended is started again; it doubles from there. */
export const LOCAL_RESTART_MIN_MS = 50;
/** The longest pause before a local worker is started again. */
export const LOCAL_RESTART_MAX_MS = 5000;
/** How long a local worker may take from its start to the line that names its port. */
export const LOCAL_START_TIMEOUT_MS = 10_000;

// Jobs: a user's own function over many inputs.

/** Raw bytes that may follow one message of a job channel. */
export const MAX_PIECE_BYTES = 256 * 1024;
/** Longest line of a message of a job channel, in bytes. */
export const MAX_CHANNEL_LINE_BYTES = 1024 * 1024;
/** Longest value of one item, in bytes; a longer one fails by name. */
export const MAX_VALUE_BYTES = 16 * 1024 * 1024;
/** Longest line of one item, in bytes. */
export const MAX_ITEM_BYTES = 16 * 1024 * 1024;
/** Longest module, in bytes of JavaScript. */
export const MAX_CODE_BYTES = 16 * 1024 * 1024;
/** Modules that a worker or a server keeps in memory, in bytes of all of them. */
export const MAX_KEPT_CODE_BYTES = 64 * 1024 * 1024;
/** How long a worker waits for a module from whom it has asked for it, before it asks another that has it, too. */
export const CODE_PATIENCE_MS = 10_000;
/** Longest `--args`, in characters of JSON. */
export const MAX_ARGS_CHARS = 256 * 1024;
/** How much work a chunk should be. */
export const CHUNK_AIM_MS = 500;
/** A chunk that takes so long gives back what it has not begun. */
export const CHUNK_MAX_MS = 2000;
/** Towards the end of a job chunks get shorter, but not shorter than this. */
export const CHUNK_MIN_MS = 20;
/** How many times as many items as the last one a chunk may have, while a worker's speed is being learnt. */
export const CHUNK_GROWTH = 8;
/** A chunk that runs is not done a second time before this, however short it was to be: its slot may be a new one. */
export const DUPLICATE_MIN_MS = 200;
/** Items of one chunk. */
export const MAX_CHUNK_ITEMS = 2 ** 30;
/** Bytes of items, and of expected results, of one chunk; a single item may be longer. */
export const MAX_CHUNK_BYTES = 1024 * 1024;
/** Result bytes that a chunk may send without being asked. */
export const CHUNK_CREDIT_BYTES = 1024 * 1024;
/** Bytes of items of one job that a server holds. */
export const MAX_JOB_INPUT_BYTES = 16 * 1024 * 1024;
/** Bytes of accumulators of one job that a server holds while they are merged: a client never has more under way. */
export const MAX_JOB_MERGE_BYTES = 96 * 1024 * 1024;
/** Merges of accumulators that a client has a server do at once; a server takes four times as many. */
export const MAX_MERGES = 1024;
/** What a chunk or merge that waits counts beside its own bytes. */
export const HELD_CHUNK_BYTES = 512;
/** Chunks of one job that a server takes from whoever has opened it before the first is done. */
export const MAX_JOB_CHUNKS = 131_072;
/** Bytes of results of one job that a server holds because an earlier one is missing, or its client does not read. */
export const MAX_JOB_RESULT_BYTES = 32 * 1024 * 1024;
/** Bytes of items that a server asks for before they are needed, of all its jobs. */
export const MAX_INPUT_BYTES = 128 * 1024 * 1024;
/** Bytes of results that a server holds, of all its jobs: each gets a share of it when it begins. */
export const MAX_RESULT_BYTES = 128 * 1024 * 1024;
/** Bytes of items and accumulators of all jobs that a server holds before the one that holds most fails. */
export const MAX_TAKEN_BYTES = 512 * 1024 * 1024;
/** Bytes of items that a client may send before the first of them have been handed on. */
export const FIRST_INPUT_BYTES = 1024 * 1024;
/** What a message held for a client counts beside its own bytes. */
export const HELD_MESSAGE_BYTES = 256;
/** Bytes that wait for the other end of a job channel before it is told no more results; one message may pass it. */
export const MAX_UNSENT_RESULT_BYTES = 4 * 1024 * 1024;
/** Printed texts that wait for a requester, in bytes, before they are left out; answers that wait, before we close. */
export const MAX_UNSENT_MESSAGE_BYTES = 1024 * 1024;
/** Jobs that a server runs at once. */
export const MAX_JOBS = 64;
/** How long a job waits for a worker that runs code, when there is none. */
export const JOB_STALL_MS = 60_000;
/** How long it does when all refuse what ran before: its module cannot be set up any more. */
export const JOB_REFUSED_MS = 10_000;
/** How long a worker that could not do a job is not asked again: it may have had no room, or no workers of its own. */
export const JOB_REFUSAL_REST_MS = 1000;
/** How often a server with jobs looks for workers that came, went or were drained, and for what is slow. */
export const JOB_WATCH_MS = 50;
/** A chunk is given to a second worker when it has taken so many times as long as it should. */
export const SLOW_CHUNK_FACTOR = 1.5;
/** How long a slot may wait for its client to read, before it is given to another job that has none. */
export const BLOCKED_MAX_MS = 1000;
/** How long a slot may wait for its client to read while accumulators of the same job wait for a slot. */
export const BLOCKED_FOR_MERGE_MS = 200;
/** How long a server keeps its channels to workers open when there is no job. */
export const CHANNEL_IDLE_MS = 60_000;
/** How long a client's channel has no job before another client may get its place, where there are no more. */
export const CHANNEL_SPARE_MS = 1000;
/** The first pause before a channel that failed is dialled again; it doubles from there. */
export const CHANNEL_REDIAL_MIN_MS = 50;
/** The longest pause before a channel that failed is dialled again. */
export const CHANNEL_REDIAL_MAX_MS = 5000;
/**
 * A client that is silent so long on its channel, asked or not, is gone; one that was stopped may go on. A job is over
 * of whose module nothing has come for so long.
 */
export const JOB_CLIENT_SILENCE_MS = 30_000;
/** Slots of all workers that a server tells the one above it. */
export const MAX_TOLD_SLOTS = 65_536;
/** How often a server says who works for a job, at most. */
export const PROGRESS_INTERVAL_MS = 1000;
/** A chunk that was running on so many workers when they died is taken apart to find the item that does it. */
export const POISON_DEATHS = 3;
/** Losses of a chunk's worker after which each further one is a death, though its process comes back. */
export const POISON_LOSSES = 10;
/** Memory of a slot, in mebibytes, above which its item fails. */
export const DEFAULT_SLOT_MEMORY_MB = 1024;
/** The least that a slot can work with, in mebibytes: it has about 60 before it has loaded anything. */
export const MIN_SLOT_MEMORY_MB = 128;
/** The most that a slot can be allowed, in mebibytes. */
export const MAX_SLOT_MEMORY_MB = 1024 * 1024;
/** An item that takes such a share of what memory a fresh slot has left is too much for any. */
export const OWN_MEMORY_SHARE = 7 / 8;
/** How long the module and its `setup` may take where items have a time-out, unless that is longer. */
export const SETUP_MAX_MS = 60_000;
/** How long what is being written to stdout may take when a job is cancelled, so that it ends with a whole line. */
export const LAST_WRITE_MS = 500;
/** How often a slot looks at its memory, at its item and at how long that takes. */
export const SLOT_WATCH_MS = 20;
/** How long lines wait in a slot for more of them, before they are told. */
export const SLOT_FLUSH_MS = 60;
/** Most slots of one worker. */
export const MAX_SLOTS = 256;
/**
 * How long a slot's process may take from its start to its connection: at its low priority, a tenth of a second of
 * work can take half a minute where others use all cores.
 */
export const SLOT_START_TIMEOUT_MS = 60_000;
/** How long an executable that starts no slots may take to say its version: it loads all of itself for that. */
export const START_QUESTION_TIMEOUT_MS = 10_000;
/** Slots that are being started at the same time: more would only be in each other's way. */
export const MAX_STARTING_SLOTS = 8;
/** How long a slot that was given a job is not replaced, as long as another one is ready. */
export const SLOT_REFILL_MS = 200;
/** The first pause before another slot is started when one did not start; it doubles from there. */
export const SLOT_RESTART_MIN_MS = 50;
/** The longest pause before another slot is started when one did not start. */
export const SLOT_RESTART_MAX_MS = 5000;
/** Slots that do not start, one after the other, after which a worker says that it has none. */
export const SLOT_FAILURES_TO_NONE = 3;
/** Times that a running slot is asked once a second whether it lives, before it counts as dead. */
export const SLOT_HEARTBEATS_TO_DOWN = 10;
/** Slots that may die before any has called a job's function, or in one chunk before they have said so. */
export const MAX_SETUP_DEATHS = 3;
/** Long accumulators of a slot that are tried out, which takes as long as to hand them on. */
export const LONG_ACCUMULATOR_TRIES = 2;
/** What a long one is; all that are shorter are tried out. */
export const LONG_ACCUMULATOR_CHARS = 256 * 1024;
/** The share of a number by which rounding may change it where an accumulator should stay the same. */
export const ACCUMULATOR_ROUNDING = 1e-9;
/** Failures that a slot tells with their stack: to write one down takes longer than most items. */
export const MAX_SLOT_STACKS = 1000;
/** How long the item of a chunk that is not wanted any more may go on before its slot is ended. */
export const DROP_GRACE_MS = 1000;
/** Job channels of clients that a server, or of requesters that a worker, serves at once. */
export const MAX_CHANNELS = 256;
/** Chunks of one channel that a worker holds, for each of its slots. */
export const MAX_CHUNKS_PER_SLOT = 8;
/** Bytes of items of one chunk that a worker takes: two long lines must be room enough to be combined. */
export const MAX_HELD_CHUNK_BYTES = 2 * MAX_VALUE_BYTES + MAX_CHUNK_BYTES;
/** Bytes of items of one channel that a worker holds. */
export const MAX_CHANNEL_ITEM_BYTES = 256 * 1024 * 1024;
/** What functions print: bytes a second of one slot that are passed on; the rest is counted and dropped. */
export const MAX_PRINT_BYTES_PER_SECOND = 16 * 1024;
/** What functions print: bytes a second of one job that a server passes on, what each message costs included. */
export const MAX_JOB_PRINT_BYTES_PER_SECOND = 256 * 1024;
/** What a printed text costs of that beside its characters, as even an empty one is a message. */
export const PRINT_COST_BYTES = 64;
/** How long what a function leaves undone, as a timer, may wait for its turn while it is called all the time. */
export const LEFTOVERS_TURN_MS = 1000;
/** How long that may take at the end of a chunk before its slot is ended. */
export const LEFTOVERS_MAX_MS = 1000;
/** Longest text of an error, a stack or a printed line that is passed on, in characters. */
export const MAX_TEXT_CHARS = 4096;
/** How much of an item is shown where it failed, in characters. */
export const MAX_SHOWN_ITEM_CHARS = 4096;
/** Longest line that a slot is started with, in bytes. */
export const MAX_SLOT_START_LINE_BYTES = 256;
/** How far a slot stands back behind other programs: 0 is not at all, 19 is most, as `nice` counts. */
export const SLOT_NICENESS = 10;
