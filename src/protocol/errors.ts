import { MAX_HOPS, MAX_INTEGER_DIGITS, MAX_NAME_CHARS, MAX_TIMEOUT_MS } from "../limits.ts";

/**
 * The stable, machine-readable names of everything that can go wrong with a request, each with the
 * Spanish text that its reader sees. Codes never change; texts may be improved.
 */
const CATALOGUE = {
  invalid_utf8: "la línea no es UTF-8 válido",
  invalid_json: "la línea no es JSON válido",
  not_an_object: "la solicitud debe ser un objeto JSON",
  line_too_long: "la línea supera el máximo de bytes permitido",
  no_room_for_line: "no hay sitio ahora para una línea tan larga",
  http_request: "esto no es un servidor HTTP: habla JSON, un objeto por línea",
  empty_line: "la línea está vacía",
  missing_op: 'falta "op"',
  bad_op: '"op" debe ser un texto',
  unknown_op: "operación desconocida",
  bad_id: '"id" debe ser un texto o un entero seguro',
  missing_operand: "falta un operando",
  bad_operand: "el operando debe ser un número finito",
  bad_integer: "debe ser un entero mayor o igual que 0",
  integer_too_long: `el entero tiene más de ${MAX_INTEGER_DIGITS} dígitos`,
  inexact_integer: "un entero tan grande debe escribirse solo con dígitos",
  bad_range: '"a" no debe ser mayor que "b"',
  bad_timeout: `"timeout_ms" debe ser un número entre 0 y ${MAX_TIMEOUT_MS}`,
  bad_explain: '"explain" debe ser true o false',
  bad_hops: '"hops" debe ser un entero mayor o igual que 0',
  bad_hello: '"protocol" debe ser un entero mayor que 0',
  bad_brief: '"brief" debe ser true o false',
  bad_name: `debe ser un texto de 1 a ${MAX_NAME_CHARS} caracteres`,
  unknown_worker: "no hay ningún worker con ese nombre",
  not_a_coordinator: "esto es un worker: solo un coordinador puede hacerlo",
  not_allowed: "el servidor no lo permite desde la red sin --insecure",
  join_not_alone: "join debe ser la única solicitud pendiente de su conexión",
  too_many_workers: "el servidor no acepta más workers",
  protocol_mismatch: "las versiones del protocolo no coinciden",
  too_many_hops: `la solicitud pasó por más de ${MAX_HOPS} coordinadores`,
  division_by_zero: "División por cero",
  overflow: "el resultado es demasiado grande",
  deadline_exceeded: "se agotó el tiempo de la solicitud",
  no_worker_available: "ningún worker disponible",
  no_code: "este worker no ejecuta código ajeno: arránquelo con --allow-code",
  no_code_worker: "ningún worker ejecuta código ajeno: arranque alguno con --allow-code",
  code_not_allowed: "el servidor no acepta código desde la red sin --insecure",
  bad_slots: '"slots" debe ser un entero mayor que 0',
  channel_not_alone: "channel debe ser la única solicitud pendiente de su conexión",
  unknown_instance: "ningún worker se unió con esa instancia",
  bad_job: "el trabajo no es válido",
  bad_code: "el módulo no se puede cargar",
  bad_exports: "el módulo no exporta lo que el trabajo necesita",
  setup_failed: "la función setup falló",
  too_many_jobs: "el servidor no acepta más trabajos a la vez",
  unknown_job: "no hay ningún trabajo con ese nombre",
  job_cancelled: "el trabajo fue cancelado",
} as const;

/** A stable, machine-readable name of an error, as a reply to a request with an `id` carries it. */
export type ErrorCode = keyof typeof CATALOGUE;

/** An error as a reply carries it: a stable code and a text in the language of its reader. */
export interface WireError {
  /** Stable and machine-readable. */
  readonly code: ErrorCode;
  /** Spanish, for people. */
  readonly text: string;
}

/** The error of the given code; `detail` names the field or the value that it is about. */
export function wireError(code: ErrorCode, detail?: string): WireError {
  const text = CATALOGUE[code];
  return { code, text: detail === undefined ? text : `${text}: ${detail}` };
}

/** Whether `code` is one that this version knows. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(CATALOGUE, code);
}
