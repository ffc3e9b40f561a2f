// What the JavaScript drivers have in common; driving.py says it for the others.

export const ENDPOINT = process.env.DRIVE_ENDPOINT;
export const AUTHORIZATION = { Authorization: `Bearer ${process.env.DRIVE_KEY}` };
export const PROTOCOL = process.env.DRIVE_PROTOCOL;

const INPUT = { prompt: "a lighthouse at dusk", ...JSON.parse(process.env.DRIVE_INPUT ?? "{}") };

function nextCall(answers) {
  if (answers.length === 0) return ["list_models", {}];
  const latest = JSON.parse(answers.at(-1));
  if (answers.length === 1) return ["get_model", { model_id: latest[0].id }];
  if (answers.length === 2) return ["generate_image", { model_id: latest.id, input: INPUT }];
  const open = ["starting", "processing"].includes(latest.status);
  return answers.length === 3 || open ? ["get_generation", { id: latest.id }] : null;
}

const kind = (block) =>
  "data" in block ? `${block.type} of ${Buffer.from(block.data, "base64").length} bytes` : block.type;

export async function converse(call) {
  const calls = [];
  for (let step; (step = nextCall(calls.map((one) => one.text))); ) {
    const blocks = await call(...step);
    const text = blocks.find((block) => block.type === "text").text;
    calls.push({ tool: step[0], blocks: blocks.map(kind), text });
  }
  return calls;
}

export function report(version, tools, calls) {
  console.log(JSON.stringify({ version, tools, calls }));
}
