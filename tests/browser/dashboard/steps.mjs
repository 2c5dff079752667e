// What the tests of the dashboard do again and again.

export const desktop = { viewport: { width: 1280, height: 800 } };

/** Opens a payment's page, and waits until it is there and live. */
export async function opened(page, sandbox, reference, msn = '123456') {
  await page.goto(`${sandbox.url}/_sandbox/ui/payments/${msn}/${reference}`);
  await page.getByRole('heading', { name: reference }).waitFor();
  await page.getByText('● live').waitFor();
}

/** Waits for what the page says last. */
export const said = (page, text) => page.getByRole('status').filter({ hasText: text }).waitFor();
