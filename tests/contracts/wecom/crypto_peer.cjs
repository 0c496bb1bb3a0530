// Lets Tencent's own npm package seal and open what the tests give it: one JSON array on standard
// input, one on standard output. Argument: the folder that holds node_modules.
const path = require("node:path");
const crypto = require(path.join(process.argv[2], "node_modules", "@wecom", "crypto"));

const jobs = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const answers = jobs.map((job) => {
  if (job.do === "seal") {
    const encrypted = crypto.encrypt(job.key, job.message, job.id);
    return {
      encrypted,
      signature: crypto.getSignature(job.token, job.timestamp, job.nonce, encrypted),
    };
  }
  return {
    ...crypto.decrypt(job.key, job.encrypted),
    signature: crypto.getSignature(job.token, job.timestamp, job.nonce, job.encrypted),
  };
});
process.stdout.write(JSON.stringify(answers));
