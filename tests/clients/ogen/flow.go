// The flow of tests/clients, with the client that ogen generates.
package main

import (
	"context"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	ht "github.com/ogen-go/ogen/http"

	"imagejobs/clients/api"
)

// tokens has the tokens of both kinds of caller; each operation takes the one that it needs.
type tokens struct{ client, worker string }

func (t tokens) BearerAuth(context.Context, api.OperationName) (api.BearerAuth, error) {
	return api.BearerAuth{Token: t.client}, nil
}

func (t tokens) WorkerToken(context.Context, api.OperationName) (api.WorkerToken, error) {
	return api.WorkerToken{APIKey: t.worker}, nil
}

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

// answer returns the response as the expected type; a response of another type is an error.
func answer[T any](got any, err error) T {
	wanted, ok := must(got, err).(T)
	check(ok, "%#v", got)
	return wanted
}

func newEvent(client *api.Client, paths ...string) api.Event {
	form := api.CreateEventFormMultipart{
		Name:      "Open day",
		Community: api.NewOptOptionalText("Riverside"),
		Date:      api.NewOptEventDate("2024-05-01"),
		TutorType: api.NewOptOptionalText("Internal"),
		TutorName: api.NewOptOptionalText("Ada Lovelace"),
	}
	for _, path := range paths {
		file := must(os.Open(path))
		defer file.Close()
		form.Images = append(form.Images, ht.MultipartFile{Name: filepath.Base(path), File: file})
	}
	created, err := client.CreateEvent(ctx, &form, api.CreateEventParams{})
	return answer[*api.EventAnswerHeaders](created, err).Response.Data
}

func jobOf(client *api.Client, id api.ObjectId) api.ImageJob {
	got, err := client.GetImageJob(ctx, api.GetImageJobParams{ID: id})
	return answer[*api.ImageJobAnswer](got, err).Data
}

func ended(client *api.Client, id api.ObjectId) api.ImageJob {
	for range 100 {
		job := jobOf(client, id)
		if job.Status == api.JobStatusCOMPLETED || job.Status == api.JobStatusFAILED {
			return job
		}
		time.Sleep(100 * time.Millisecond)
	}
	log.Fatalf("image job %s did not end", id)
	panic("unreachable")
}

func report(client *api.Client, id api.ObjectId, update api.StatusUpdate) api.ImageJob {
	updated, err := client.UpdateImageJobStatus(ctx, &update, api.UpdateImageJobStatusParams{ID: id})
	return answer[*api.ImageJobAnswer](updated, err).Data
}

func complete(client *api.Client, id api.ObjectId) {
	claimed := report(client, id, api.StatusUpdate{
		Status:       api.ReportedStatusPROCESSING,
		LeaseSeconds: api.NewOptFloat64(30),
	})
	check(jobOf(client, id).Status == api.JobStatusPROCESSING, "%s is not PROCESSING", id)
	result := must(os.ReadFile(os.Getenv("RESULT")))
	source := filepath.Base(claimed.SourceImageKey)
	key := "optimized/" + strings.TrimSuffix(source, filepath.Ext(source)) + "-optimized.webp"
	url := "https://images.example.com/" + key
	err := os.WriteFile(filepath.Join(os.Getenv("OBJECTS"), key), result, 0o644)
	check(err == nil, "%v", err)
	report(client, id, api.StatusUpdate{
		Status:         api.ReportedStatusCOMPLETED,
		Attempt:        claimed.Attempt,
		OutputImageKey: api.NewOptString(key),
		OutputImageURL: api.NewOptString(url),
		Renditions:     api.Renditions{{Key: key, URL: url, Width: 64, Height: 48, Bytes: int64(len(result))}},
		DominantColor:  api.NewOptDominantColor("#5791d5"),
	})
}

func fail(client *api.Client, id api.ObjectId) {
	claimed := report(client, id, api.StatusUpdate{Status: api.ReportedStatusPROCESSING})
	report(client, id, api.StatusUpdate{
		Status:    api.ReportedStatusFAILED,
		Attempt:   claimed.Attempt,
		ErrorMsg:  api.NewOptString("It is damaged."),
		ErrorCode: api.NewOptErrorCode("corrupt"),
		Retryable: api.NewOptBool(false),
	})
}

func page(client *api.Client, params api.ListImageJobsParams) (ids []api.ObjectId, cursor api.OptObjectId) {
	got, err := client.ListImageJobs(ctx, params)
	listed := answer[*api.ImageJobPage](got, err)
	for _, job := range listed.Data {
		ids = append(ids, job.ID)
	}
	return ids, listed.Cursor
}

func main() {
	client := must(api.NewClient(os.Getenv("API_URL"), tokens{os.Getenv("API_TOKEN"), os.Getenv("WORKER_TOKEN")}))
	samples := os.Getenv("SAMPLES")
	event := newEvent(client, filepath.Join(samples, "soft-alpha.png"), filepath.Join(samples, "wide-gamut-p3.jpg"))
	check(len(event.ImageJobIds) == 2, "%v", event.ImageJobIds)
	first, second := event.ImageJobIds[0], event.ImageJobIds[1]

	complete(client, first)
	fail(client, second)
	check(ended(client, first).Renditions[0].Width == 64, "another width")
	check(ended(client, second).ErrorCode.Value == "corrupt", "another error code")

	got, err := client.GetEvent(ctx, api.GetEventParams{ID: event.ID})
	shown := answer[*api.EventAnswer](got, err).Data.Images
	check(len(shown) == 1 && shown[0].ID == first, "%v", shown)

	failed, _ := page(client, api.ListImageJobsParams{
		EntityType: api.NewOptEntityType(api.EntityTypeEvent),
		EntityId:   api.NewOptEntityId(api.EntityId(event.ID)),
		Status:     api.NewOptJobStatus(api.JobStatusFAILED),
	})
	check(slices.Equal(failed, []api.ObjectId{second}), "%v", failed)
	newest, cursor := page(client, api.ListImageJobsParams{Limit: api.NewOptInt(1)})
	older, _ := page(client, api.ListImageJobsParams{Limit: api.NewOptInt(1), Cursor: cursor})
	check(slices.Equal(append(newest, older...), []api.ObjectId{second, first}), "%v %v", newest, older)

	retried, err := client.RetryImageJob(ctx, api.RetryImageJobParams{ID: second})
	check(answer[*api.ImageJobAnswer](retried, err).Data.Status == api.JobStatusPENDING, "it is not PENDING")
	deleted, err := client.DeleteImageJob(ctx, api.DeleteImageJobParams{ID: second})
	check(answer[*api.DeletedAnswer](deleted, err).Data.ID == second, "another one was deleted")
	gone, err := client.GetImageJob(ctx, api.GetImageJobParams{ID: second})
	check(answer[*api.GetImageJobNotFound](gone, err).Error.Code == "not_found", "%v", gone)
}
