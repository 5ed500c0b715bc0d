import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type ImageJob = components["schemas"]["ImageJob"];

const { API_URL, API_TOKEN, WORKER_TOKEN, OBJECTS, SAMPLES, RESULT } = process.env as Record<string, string>;
const api = createClient<paths>({ baseUrl: API_URL, headers: { Authorization: `Bearer ${API_TOKEN}` } });
const worker = createClient<paths>({ baseUrl: API_URL, headers: { "X-Worker-Token": WORKER_TOKEN } });

async function createEvent(images: string[]) {
  const files = await Promise.all(images.map(async (path) => new File([await readFile(path)], basename(path))));
  const { data, error } = await api.POST("/api/events", {
    body: {
      name: "Open day",
      community: "Riverside",
      date: "2024-05-01",
      "tutor[type]": "Internal",
      "tutor[name]": "Ada Lovelace",
    },
    bodySerializer(fields) {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
      for (const file of files) form.append("images", file);
      return form;
    },
  });
  if (error) throw new Error(`${error.error.code}: ${error.message}`);
  return data.data;
}

async function jobOf(id: string): Promise<ImageJob> {
  const { data, error } = await api.GET("/api/image-jobs/{id}", { params: { path: { id } } });
  if (error) throw new Error(error.message);
  return data.data;
}

async function ended(id: string): Promise<ImageJob> {
  for (let tries = 0; tries < 100; tries++) {
    const job = await jobOf(id);
    if (job.status === "COMPLETED" || job.status === "FAILED") return job;
    await sleep(100);
  }
  throw new Error(`image job ${id} did not end`);
}

async function report(id: string, update: components["schemas"]["StatusUpdate"]): Promise<ImageJob> {
  const { data, error } = await worker.PATCH("/api/image-jobs/{id}/status", { params: { path: { id } }, body: update });
  if (error) throw new Error(error.message);
  return data.data;
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

async function list(query: NonNullable<paths["/api/image-jobs"]["get"]["parameters"]["query"]>) {
  const { data, error } = await api.GET("/api/image-jobs", { params: { query } });
  if (error) throw new Error(error.message);
  return data;
}

const event = await createEvent([`${SAMPLES}/soft-alpha.png`, `${SAMPLES}/wide-gamut-p3.jpg`]);
const [first, second] = event.imageJobIds;
assert(first && second);

await complete(first);
await fail(second);
assert.equal((await ended(first)).renditions?.[0]?.width, 64);
assert.equal((await ended(second)).errorCode, "corrupt");

const shown = await api.GET("/api/events/{id}", { params: { path: { id: event._id } } });
assert.deepEqual(shown.data?.data.images.map((image) => image.id), [first]);

const failed = await list({ entityType: "event", entityId: event._id, status: "FAILED" });
assert.deepEqual(failed.data.map((job) => job._id), [second]);
const newest = await list({ limit: 1 });
const older = await list({ limit: 1, cursor: newest.cursor });
assert.deepEqual([...newest.data, ...older.data].map((job) => job._id), [second, first]);

const retried = await api.POST("/api/image-jobs/{id}/retry", { params: { path: { id: second } } });
assert.equal(retried.data?.data.status, "PENDING");
const deleted = await api.DELETE("/api/image-jobs/{id}", { params: { path: { id: second } } });
assert.equal(deleted.data?.data._id, second);
const gone = await api.GET("/api/image-jobs/{id}", { params: { path: { id: second } } });
assert.equal(gone.response.status, 404);
assert.equal(gone.error?.error.code, "not_found");
