import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  Configuration,
  ErrorAnswerFromJSON,
  EventsApi,
  ImageJobsApi,
  ResponseError,
  type ImageJob,
  type StatusUpdate,
} from "./api/index.js";

const { API_URL, API_TOKEN, WORKER_TOKEN, OBJECTS, SAMPLES, RESULT } = process.env as Record<string, string>;
const client = new Configuration({ basePath: API_URL, accessToken: API_TOKEN });
const events = new EventsApi(client);
const imageJobs = new ImageJobsApi(client);
const worker = new ImageJobsApi(new Configuration({ basePath: API_URL, apiKey: WORKER_TOKEN }));

async function newEvent(paths: string[]) {
  const images = await Promise.all(paths.map(async (path) => new File([await readFile(path)], basename(path))));
  const answer = await events.createEvent({
    name: "Open day",
    community: "Riverside",
    date: "2024-05-01",
    tutorType: "Internal",
    tutorName: "Ada Lovelace",
    images,
  });
  return answer.data;
}

async function jobOf(id: string): Promise<ImageJob> {
  return (await imageJobs.getImageJob({ id })).data;
}

async function ended(id: string): Promise<ImageJob> {
  for (let tries = 0; tries < 100; tries++) {
    const job = await jobOf(id);
    if (job.status === "COMPLETED" || job.status === "FAILED") return job;
    await sleep(100);
  }
  throw new Error(`image job ${id} did not end`);
}

async function report(id: string, statusUpdate: StatusUpdate): Promise<ImageJob> {
  return (await worker.updateImageJobStatus({ id, statusUpdate })).data;
}

async function complete(id: string) {
  const { attempt, sourceImageKey } = await report(id, { status: "PROCESSING", leaseSeconds: 30 });
  assert.equal((await jobOf(id)).status, "PROCESSING");
  const result = await readFile(RESULT!);
  const key = sourceImageKey.replace(/^raw\/(.*)\.\w+$/, "optimized/$1-optimized.webp");
  await writeFile(`${OBJECTS}/${key}`, result);
  const url = `https://images.example.com/${key}`;
  await report(id, {
    status: "COMPLETED",
    attempt,
    outputImageKey: key,
    outputImageURL: url,
    renditions: [{ key, url, width: 64, height: 48, bytes: result.length }],
    dominantColor: "#5791d5",
  });
}

async function fail(id: string) {
  const { attempt } = await report(id, { status: "PROCESSING" });
  await report(id, { status: "FAILED", attempt, errorMsg: "It is damaged.", errorCode: "corrupt", retryable: false });
}

const event = await newEvent([`${SAMPLES}/soft-alpha.png`, `${SAMPLES}/wide-gamut-p3.jpg`]);
const [first, second] = event.imageJobIds;
assert(first && second);

await complete(first);
await fail(second);
assert.equal((await ended(first)).renditions?.[0]?.width, 64);
assert.equal((await ended(second)).errorCode, "corrupt");

const shown = await events.getEvent({ id: event.id });
assert.deepEqual(shown.data.images.map((image) => image.id), [first]);

const failed = await imageJobs.listImageJobs({ entityType: "event", entityId: event.id, status: "FAILED" });
assert.deepEqual(failed.data.map((job) => job.id), [second]);
const newest = await imageJobs.listImageJobs({ limit: 1 });
const older = await imageJobs.listImageJobs({ limit: 1, cursor: newest.cursor });
assert.deepEqual([...newest.data, ...older.data].map((job) => job.id), [second, first]);

assert.equal((await imageJobs.retryImageJob({ id: second })).data.status, "PENDING");
assert.equal((await imageJobs.deleteImageJob({ id: second })).data.id, second);
const gone = await imageJobs.getImageJob({ id: second }).catch((error: unknown) => error);
assert(gone instanceof ResponseError && gone.response.status === 404);
assert.equal(ErrorAnswerFromJSON(await gone.response.json()).error.code, "not_found");
