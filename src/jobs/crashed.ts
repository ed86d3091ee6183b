/** What is said of an item with which processes died, one after the other. */
export const CRASHED = "the processes that ran it died";
