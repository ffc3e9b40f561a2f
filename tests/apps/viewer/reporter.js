/** The results of node's test runner, one line each, closing with the counts. */

export default async function* report(events) {
  let passed = 0;
  let failed = 0;
  const names = [];
  for await (const { type, data } of events) {
    if (type === "test:stderr" || type === "test:stdout") yield data.message;
    if (type === "test:start") names.splice(data.nesting, names.length, data.name);
    if ((type !== "test:pass" && type !== "test:fail") || data.skip !== undefined) continue;
    const name = names.slice(0, data.nesting).concat(data.name).join(" ");
    const { error, duration_ms: tookMs, type: kind } = data.details;
    if (type === "test:pass" && kind !== "suite") {
      passed += 1;
      yield `ok    ${name} (${Math.round(tookMs)} ms)\n`;
    } else if (type === "test:fail" && error.failureType !== "subtestsFailed") {
      failed += 1;
      yield `FAIL  ${name}\n${error.cause?.stack ?? error.message}\n`;
    }
  }
  yield `${passed} passed, ${failed} failed\n`;
}
