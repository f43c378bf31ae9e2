// What the local platform told when it was ready, from the file that READY names.
import { readFileSync } from 'node:fs';

export const ready = JSON.parse(readFileSync(process.env.READY, 'utf8'));
export const seed = ready.seed;

// steer sends a request to the platform's control address and returns the answer, if there is one.
export async function steer(method, path, body) {
  const answer = await fetch(ready.control.url + path, {
    method,
    headers: { Authorization: `Bearer ${ready.control.token}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}
