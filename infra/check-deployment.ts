/**
 * Checks after a deployment whether the app answers.
 *
 *     npm run check-deployment [-- URL [MINUTES]]
 *
 * URL is the app's own address; by default azd's WAYBILL_APP_URL. The app must answer as it must three times in a row,
 * within five minutes by default. Otherwise the command says what is wrong, and ends with 1.
 */
import process from "node:process";
import { checkDeployment } from "./deployment-check.ts";

// biome-ignore lint/style/noProcessEnv: azd hands its values over so
const url = process.argv[2] ?? process.env.WAYBILL_APP_URL;
const minutes = Number(process.argv[3] ?? 5);

if (url === undefined || !URL.canParse(url) || !(minutes >= 0)) {
  process.stderr.write(
    "Cannot check the deployment: give the app's address, as in npm run check-deployment -- https://func-waybill-....azurewebsites.net\n",
  );
  process.exitCode = 2;
} else {
  const finding = await checkDeployment(url, {
    patienceMs: minutes * 60_000,
    pauseMs: 10_000,
    answers: 3,
    onWaiting: (waiting) => process.stdout.write(`Not yet: ${waiting}\n`),
  });
  if (finding === null) {
    process.stdout.write(`${url} answers.\n`);
  } else {
    process.stderr.write(`The deployment does not work: ${finding}\n`);
    process.exitCode = 1;
  }
}
