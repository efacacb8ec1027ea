// What every scenario needs: where the gateway is, and one JSON line as the report.
import { createInterface } from "node:readline";

export const gateway = process.env.GATEWAY_URL;
export const key = process.env.GATEWAY_KEY;
export const model = process.env.MODEL ?? "gemini-3.5-flash";

const threw = 3;
const commands = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/**
 * Runs a scenario, which fills its report as it learns, so that a failure half-way shows what was there before.
 * Exit code 0: the client answered. 3: the client threw an error of its own. Others: the script is broken.
 */
export async function scenario(describe, run) {
  const report = {};
  try {
    await run(report);
  } catch (error) {
    report.error = describe(error);
    if (report.error === undefined) throw error;
    process.exitCode = threw;
  }
  print(report);
  process.stdin.destroy();
}

/**
 * Like scenario, for a call that is aborted when the test says so by a line on stdin. The script then stays until stdin
 * ends: if the upstream sees an abort before, it came from the client and not from the end of the process.
 */
export async function abortScenario(describe, run) {
  const report = {};
  const controller = new AbortController();
  const outcome = run(controller.signal, () => print({ began: true }), report).then(
    () => undefined,
    (error) => error,
  );
  await commands.next();
  controller.abort();
  const error = await outcome;
  if (error !== undefined) report.error = describe(error);
  if (error !== undefined && report.error === undefined) throw error;
  print(report);
  await commands.next();
}

function print(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
