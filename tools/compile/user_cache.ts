/** The folder in which this user's programs keep what can be made again, and ours in it. */
export function userCacheFolder(
  os: string = Deno.build.os,
  env: (name: string) => string | undefined = (name) => Deno.env.get(name) || undefined,
): string | undefined {
  const root = os === "windows"
    ? env("LOCALAPPDATA")
    : env("XDG_CACHE_HOME") ?? under(env("HOME"), os === "darwin" ? "Library/Caches" : ".cache");
  return under(root, "aula");
}

function under(folder: string | undefined, name: string): string | undefined {
  return folder === undefined ? undefined : `${folder}/${name}`;
}

/**
 * The first of the folders that can be written to. Each is made if it is not there.
 *
 * A lab's home folders are often read-only, or not there at all; that is no reason to fail, but one
 * line says that what is kept is kept elsewhere.
 *
 * @param wanted The folder that is meant to be used, if there is one.
 * @param instead The folder that takes its place.
 */
export async function writableFolder(
  wanted: string | undefined,
  instead: string,
  log: (line: string) => void,
): Promise<string> {
  if (wanted !== undefined && await isWritable(wanted)) return wanted;
  log(`the cache folder "${wanted ?? "(none)"}" cannot be written to: using "${instead}"`);
  await Deno.mkdir(instead, { recursive: true });
  return instead;
}

/** Writes something, as permissions alone do not tell: a disk may be mounted for reading. */
async function isWritable(folder: string): Promise<boolean> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    await Deno.remove(await Deno.makeTempFile({ dir: folder }));
    return true;
  } catch {
    return false;
  }
}
