// The flow of tests/clients, with the client that oapi-codegen generates.
package main

import (
	"bytes"
	"context"
	"io"
	"log"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"imagejobs/clients/api"
)

var ctx = context.Background()

func must[T any](value T, err error) T {
	check(err == nil, "%v", err)
	return value
}

func check(holds bool, format string, values ...any) {
	if !holds {
		log.Fatalf(format, values...)
	}
}

// found returns the value of a response's pointer, which is nil if the API answered with another status.
func found[T any](value *T, body []byte) T {
	check(value != nil, "%s", body)
	return *value
}

func to[T any](value T) *T { return &value }

func newClient(header, token string) *api.ClientWithResponses {
	authenticate := func(_ context.Context, request *http.Request) error {
		request.Header.Set(header, token)
		return nil
	}
	return must(api.NewClientWithResponses(os.Getenv("API_URL"), api.WithRequestEditorFn(authenticate)))
}

var (
	client = newClient("Authorization", "Bearer "+os.Getenv("API_TOKEN"))
	worker = newClient("X-Worker-Token", os.Getenv("WORKER_TOKEN"))
)

func newEvent(paths ...string) api.Event {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	form.WriteField("name", "Open day")
	form.WriteField("community", "Riverside")
	form.WriteField("date", "2024-05-01")
	form.WriteField("tutor[type]", "Internal")
	form.WriteField("tutor[name]", "Ada Lovelace")
	for _, path := range paths {
		part := must(form.CreateFormFile("images", filepath.Base(path)))
		must(io.Copy(part, bytes.NewReader(must(os.ReadFile(path)))))
	}
	form.Close()
	created := must(client.CreateEventWithBodyWithResponse(ctx, &api.CreateEventParams{}, form.FormDataContentType(), &body))
	return found(created.JSON201, created.Body).Data
}

func jobOf(id string) api.ImageJob {
	got := must(client.GetImageJobWithResponse(ctx, id))
	return found(got.JSON200, got.Body).Data
}

func ended(id string) api.ImageJob {
	for range 100 {
		job := jobOf(id)
		if job.Status == api.JobStatusCOMPLETED || job.Status == api.JobStatusFAILED {
			return job
		}
		time.Sleep(100 * time.Millisecond)
	}
	log.Fatalf("image job %s did not end", id)
	panic("unreachable")
}

func report(id string, update api.StatusUpdate) api.ImageJob {
	updated := must(worker.UpdateImageJobStatusWithResponse(ctx, id, update))
	return found(updated.JSON200, updated.Body).Data
}

func complete(id string) {
	claimed := report(id, api.StatusUpdate{Status: api.ReportedStatusPROCESSING, LeaseSeconds: to(30.0)})
	check(jobOf(id).Status == api.JobStatusPROCESSING, "%s is not PROCESSING", id)
	result := must(os.ReadFile(os.Getenv("RESULT")))
	source := filepath.Base(claimed.SourceImageKey)
	key := "optimized/" + strings.TrimSuffix(source, filepath.Ext(source)) + "-optimized.webp"
	url := "https://images.example.com/" + key
	err := os.WriteFile(filepath.Join(os.Getenv("OBJECTS"), key), result, 0o644)
	check(err == nil, "%v", err)
	report(id, api.StatusUpdate{
		Status:         api.ReportedStatusCOMPLETED,
		Attempt:        claimed.Attempt,
		OutputImageKey: &key,
		OutputImageURL: &url,
		Renditions:     &api.Renditions{{Key: key, Url: url, Width: 64, Height: 48, Bytes: int64(len(result))}},
		DominantColor:  to("#5791d5"),
	})
}

func fail(id string) {
	claimed := report(id, api.StatusUpdate{Status: api.ReportedStatusPROCESSING})
	report(id, api.StatusUpdate{
		Status:    api.ReportedStatusFAILED,
		Attempt:   claimed.Attempt,
		ErrorMsg:  to("It is damaged."),
		ErrorCode: to("corrupt"),
		Retryable: to(false),
	})
}

func page(params api.ListImageJobsParams) (ids []string, cursor *string) {
	got := must(client.ListImageJobsWithResponse(ctx, &params))
	listed := found(got.JSON200, got.Body)
	for _, job := range listed.Data {
		ids = append(ids, job.UnderscoreId)
	}
	return ids, listed.Cursor
}

func main() {
	samples := os.Getenv("SAMPLES")
	event := newEvent(filepath.Join(samples, "soft-alpha.png"), filepath.Join(samples, "wide-gamut-p3.jpg"))
	check(len(event.ImageJobIds) == 2, "%v", event.ImageJobIds)
	first, second := event.ImageJobIds[0], event.ImageJobIds[1]

	complete(first)
	fail(second)
	check((*ended(first).Renditions)[0].Width == 64, "another width")
	check(*ended(second).ErrorCode == "corrupt", "another error code")

	got := must(client.GetEventWithResponse(ctx, event.UnderscoreId))
	shown := found(got.JSON200, got.Body).Data.Images
	check(len(shown) == 1 && shown[0].Id == first, "%v", shown)

	failed, _ := page(api.ListImageJobsParams{
		EntityType: to(api.EntityTypeEvent),
		EntityId:   &event.UnderscoreId,
		Status:     to(api.JobStatusFAILED),
	})
	check(slices.Equal(failed, []string{second}), "%v", failed)
	newest, cursor := page(api.ListImageJobsParams{Limit: to(1)})
	older, _ := page(api.ListImageJobsParams{Limit: to(1), Cursor: cursor})
	check(slices.Equal(append(newest, older...), []string{second, first}), "%v %v", newest, older)

	retried := must(client.RetryImageJobWithResponse(ctx, second))
	check(found(retried.JSON200, retried.Body).Data.Status == api.JobStatusPENDING, "it is not PENDING")
	deleted := must(client.DeleteImageJobWithResponse(ctx, second))
	check(found(deleted.JSON200, deleted.Body).Data.UnderscoreId == second, "another one was deleted")
	gone := must(client.GetImageJobWithResponse(ctx, second))
	check(found(gone.JSON404, gone.Body).Error.Code == "not_found", "%s", gone.Body)
}
