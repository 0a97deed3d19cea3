import { spawnSync } from "node:child_process";

/**
 * Runs a program that is not part of the project, and gives its standard output.
 *
 * @throws Error with what to install when the program is missing, or with its standard error when it fails
 */
export function runProgram(program: string, args: readonly string[], input?: Uint8Array): string {
  const { error, status, stdout, stderr } = spawnSync(program, args, {
    input,
    encoding: "utf8",
    // biome-ignore lint/style/noProcessEnv: the program is found by it
    env: { ...process.env, LC_ALL: "C.UTF-8" },
    maxBuffer: 256 * 1024 * 1024,
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === "ENOENT") {
    throw new Error(
      `Cannot run "${program}", which reads our files back in this test: install it, e.g. apt-get install ${program}`,
    );
  }
  if (status !== 0) {
    throw new Error(`${program} failed: ${stderr}`, { cause: error });
  }
  return stdout;
}

/**
 * Runs a Python script with `data` as its standard input.
 *
 * @param script finds the bytes in `data`, and leaves what it read in `result`, which must fit into JSON
 */
export function readByPython(script: string, data: Uint8Array): unknown {
  const program = `
import json, sys
data = sys.stdin.buffer.read()
${script}
print(json.dumps(result))
`;
  return JSON.parse(runProgram("python3", ["-c", program], data));
}
