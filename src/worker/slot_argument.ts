/** The first argument that makes an executable a slot. Not for people: no help names it. */
export const SLOT_ARGUMENT = "--run-as-slot";
