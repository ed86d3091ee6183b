/** What a process says as soon as it can be asked. */
export const CAN_BE_ASKED = "[soak] can be asked";
/** What stands before the figures with which it answers. */
export const KEPT = "[soak] kept";
