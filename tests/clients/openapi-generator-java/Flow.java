import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.EventsApi;
import org.openapitools.client.api.ImageJobsApi;
import org.openapitools.client.model.EntityType;
import org.openapitools.client.model.ErrorAnswer;
import org.openapitools.client.model.Event;
import org.openapitools.client.model.EventImage;
import org.openapitools.client.model.ImageJob;
import org.openapitools.client.model.ImageJobPage;
import org.openapitools.client.model.JobStatus;
import org.openapitools.client.model.Rendition;
import org.openapitools.client.model.ReportedStatus;
import org.openapitools.client.model.StatusUpdate;

/** The flow of tests/clients, with the client that openapi-generator's "java" generates. */
public class Flow {
    private final ImageJobsApi imageJobs;
    private final ImageJobsApi worker;
    private final EventsApi events;

    Flow(String url, String token, String workerToken) {
        ApiClient client = new ApiClient().setBasePath(url);
        client.setBearerToken(token);
        imageJobs = new ImageJobsApi(client);
        events = new EventsApi(client);
        ApiClient workerClient = new ApiClient().setBasePath(url);
        workerClient.setApiKey(workerToken);
        worker = new ImageJobsApi(workerClient);
    }

    Event newEvent(File... images) throws ApiException {
        String idempotencyKey = UUID.randomUUID().toString();
        return events.createEvent(
                "Open day", idempotencyKey, "Riverside", "2024-05-01", "Internal", "Ada Lovelace", List.of(images)).getData();
    }

    ImageJob ended(String id) throws ApiException, InterruptedException {
        for (int tries = 0; tries < 100; tries++) {
            ImageJob job = imageJobs.getImageJob(id).getData();
            if (job.getStatus() == JobStatus.COMPLETED || job.getStatus() == JobStatus.FAILED) return job;
            Thread.sleep(100);
        }
        throw new AssertionError("image job " + id + " did not end");
    }

    ImageJob report(String id, StatusUpdate update) throws ApiException {
        return worker.updateImageJobStatus(id, update).getData();
    }

    void complete(String id) throws Exception {
        ImageJob claimed = report(id, new StatusUpdate().status(ReportedStatus.PROCESSING).leaseSeconds(30.0));
        assert imageJobs.getImageJob(id).getData().getStatus() == JobStatus.PROCESSING;
        byte[] result = Files.readAllBytes(Path.of(System.getenv("RESULT")));
        String source = Path.of(claimed.getSourceImageKey()).getFileName().toString();
        String key = "optimized/" + source.substring(0, source.lastIndexOf('.')) + "-optimized.webp";
        String url = "https://images.example.com/" + key;
        Files.write(Path.of(System.getenv("OBJECTS"), key), result);
        report(id, new StatusUpdate()
                .status(ReportedStatus.COMPLETED)
                .attempt(claimed.getAttempt())
                .outputImageKey(key)
                .outputImageURL(url)
                .addRenditionsItem(new Rendition().key(key).url(url).width(64).height(48).bytes((long) result.length))
                .dominantColor("#5791d5"));
    }

    void fail(String id) throws ApiException {
        ImageJob claimed = report(id, new StatusUpdate().status(ReportedStatus.PROCESSING));
        report(id, new StatusUpdate()
                .status(ReportedStatus.FAILED)
                .attempt(claimed.getAttempt())
                .errorMsg("It is damaged.")
                .errorCode("corrupt")
                .retryable(false));
    }

    static List<String> ids(ImageJobPage... pages) {
        return List.of(pages).stream().flatMap(page -> page.getData().stream()).map(ImageJob::getId).toList();
    }

    void run(File... images) throws Exception {
        Event event = newEvent(images);
        String first = event.getImageJobIds().get(0);
        String second = event.getImageJobIds().get(1);

        complete(first);
        fail(second);
        assert ended(first).getRenditions().get(0).getWidth() == 64;
        assert ended(second).getErrorCode().equals("corrupt");
        List<EventImage> shown = events.getEvent(event.getId()).getData().getImages();
        assert shown.stream().map(EventImage::getId).toList().equals(List.of(first));

        assert ids(imageJobs.listImageJobs(EntityType.EVENT, event.getId(), JobStatus.FAILED, null, null))
                .equals(List.of(second));
        ImageJobPage newest = imageJobs.listImageJobs(null, null, null, 1, null);
        ImageJobPage older = imageJobs.listImageJobs(null, null, null, 1, newest.getCursor());
        assert ids(newest, older).equals(List.of(second, first));

        assert imageJobs.retryImageJob(second).getData().getStatus() == JobStatus.PENDING;
        assert imageJobs.deleteImageJob(second).getData().getId().equals(second);
        try {
            imageJobs.getImageJob(second);
            throw new AssertionError("the deleted job is still there");
        } catch (ApiException error) {
            assert error.getCode() == 404;
            assert ErrorAnswer.fromJson(error.getResponseBody()).getError().getCode().equals("not_found");
        }
    }

    public static void main(String[] arguments) throws Exception {
        File samples = new File(System.getenv("SAMPLES"));
        new Flow(System.getenv("API_URL"), System.getenv("API_TOKEN"), System.getenv("WORKER_TOKEN"))
                .run(new File(samples, "soft-alpha.png"), new File(samples, "wide-gamut-p3.jpg"));
        System.exit(0); // Otherwise OkHttp's threads keep the program running for a minute.
    }
}
