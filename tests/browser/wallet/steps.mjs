// What the tests of the wallet do again and again.

/** Opens the page and gives the number of the customer who pays. */
export async function giveNumber(page, redirectUrl, number = '4790000001') {
  await page.goto(redirectUrl);
  await page.getByRole('textbox', { name: 'Phone number' }).fill(number);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Reject' }).waitFor();
}

/** The state of a payment, as the merchant's API tells it. */
export const stateOf = async (sandbox, order, msn = '123456') => (await sandbox.payment(order, { msn })).state;
