import assert from 'node:assert/strict';
import { setUp } from '../lib/harness.mjs';

const { inBrowser } = setUp();

inBrowser('style and script together stay under 60 KB', async ({ page, sandbox }) => {
  let size = 0;
  for (const file of ['style.css', 'script.js']) {
    const response = await page.request.get(`${sandbox.url}/_sandbox/ui/${file}`);
    assert.equal(response.status(), 200);
    size += (await response.body()).length;
  }
  assert.ok(size > 0 && size < 60_000, `${size} bytes`);
});
