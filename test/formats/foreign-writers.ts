import { runProgram } from "./foreign-readers.ts";

/**
 * Runs a Python script that makes a file.
 *
 * @param script finds the parsed JSON in `input`, and leaves the file's bytes in `result`
 */
export function writtenByPython(script: string, input: unknown): Buffer {
  const program = `
import base64, json, sys
input = json.load(sys.stdin)
${script}
print(base64.b64encode(result).decode())
`;
  const output = runProgram("python3", ["-c", program], Buffer.from(JSON.stringify(input)));
  return Buffer.from(output, "base64");
}
