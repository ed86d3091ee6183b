/** The first argument that makes the server's executable a local worker. Not for people: no help names it. */
export const LOCAL_WORKER_ARGUMENT = "--run-as-local-worker";
