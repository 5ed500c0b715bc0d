package imagejobs;

import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.bson.Document;
import io.netty.channel.Channel;
import java.util.List;

/** MongoDB's wire protocol in memory. It announces version 4.4, because current drivers refuse older servers. */
public final class StandIn {
    private static final int PORT = 27017;

    /** Wire version 9 is that of MongoDB 4.4. */
    private record Version(List<Integer> getVersionArray, int getWireVersion) implements MongoVersion {}

    /** Also accepts `hello`, the newer name of `ismaster`. */
    private static final class Backend extends MemoryBackend {
        @Override
        public Document handleCommand(Channel channel, String database, String command, Document query) {
            if (!command.equals("hello")) {
                return super.handleCommand(channel, database, command, query);
            }
            return super.handleCommand(channel, database, "ismaster", query).append("isWritablePrimary", true);
        }
    }

    public static void main(String[] arguments) {
        MongoServer server = new MongoServer(new Backend().version(new Version(List.of(4, 4, 0), 9)));
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
        server.bind("0.0.0.0", PORT);
    }
}
