import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  createEvent,
  deleteImageJob,
  getEvent,
  getImageJob,
  listImageJobs,
  retryImageJob,
  updateImageJobStatus,
  type ImageJob,
  type ListImageJobsData,
  type StatusUpdate,
} from "./api/index.js";
import { client } from "./api/client.gen.js";

const { API_URL, API_TOKEN, WORKER_TOKEN, OBJECTS, SAMPLES, RESULT } = process.env as Record<string, string>;

client.setConfig({
  baseUrl: API_URL,
  auth: (scheme) => (scheme.type === "http" ? API_TOKEN : WORKER_TOKEN),
  throwOnError: true,
});

async function newEvent(paths: string[]) {
  const images = await Promise.all(paths.map(async (path) => new File([await readFile(path)], basename(path))));
  const { data } = await createEvent({
    body: {
      name: "Open day",
      community: "Riverside",
      date: "2024-05-01",
      "tutor[type]": "Internal",
      "tutor[name]": "Ada Lovelace",
      images,
    },
    throwOnError: true,
  });
  return data.data;
}

async function jobOf(id: string): Promise<ImageJob> {
  return (await getImageJob({ path: { id }, throwOnError: true })).data.data;
}

async function ended(id: string): Promise<ImageJob> {
  for (let tries = 0; tries < 100; tries++) {
    const job = await jobOf(id);
    if (job.status === "COMPLETED" || job.status === "FAILED") return job;
    await sleep(100);
  }
  throw new Error(`image job ${id} did not end`);
}

async function report(id: string, body: StatusUpdate): Promise<ImageJob> {
  return (await updateImageJobStatus({ path: { id }, body, throwOnError: true })).data.data;
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

async function list(query: ListImageJobsData["query"]) {
  return (await listImageJobs({ query, throwOnError: true })).data;
}

const event = await newEvent([`${SAMPLES}/soft-alpha.png`, `${SAMPLES}/wide-gamut-p3.jpg`]);
const [first, second] = event.imageJobIds;
assert(first && second);

await complete(first);
await fail(second);
assert.equal((await ended(first)).renditions?.[0]?.width, 64);
assert.equal((await ended(second)).errorCode, "corrupt");

const shown = await getEvent({ path: { id: event._id }, throwOnError: true });
assert.deepEqual(shown.data.data.images.map((image) => image.id), [first]);

const failed = await list({ entityType: "event", entityId: event._id, status: "FAILED" });
assert.deepEqual(failed.data.map((job) => job._id), [second]);
const newest = await list({ limit: 1 });
const older = await list({ limit: 1, cursor: newest.cursor });
assert.deepEqual([...newest.data, ...older.data].map((job) => job._id), [second, first]);

const retried = await retryImageJob({ path: { id: second }, throwOnError: true });
assert.equal(retried.data.data.status, "PENDING");
const deleted = await deleteImageJob({ path: { id: second }, throwOnError: true });
assert.equal(deleted.data.data._id, second);
const gone = await getImageJob({ path: { id: second }, throwOnError: false });
assert.equal(gone.response?.status, 404);
assert.equal(gone.error?.error.code, "not_found");
