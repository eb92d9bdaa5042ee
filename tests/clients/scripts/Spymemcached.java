// spymemcached, in its text mode: what a cache client must see. Prints "ok"; else ends with code 1.
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import net.spy.memcached.CASResponse;
import net.spy.memcached.CASValue;
import net.spy.memcached.ConnectionFactoryBuilder;
import net.spy.memcached.MemcachedClient;

public class Spymemcached {
    static void same(Object expected, Object found, String what) {
        if (!Objects.deepEquals(expected, found)) {
            System.err.println(what + ": expected " + expected + ", found " + found);
            System.exit(1);
        }
    }

    public static void main(String[] arguments) throws Exception {
        System.setProperty("net.spy.log.LoggerImpl", "net.spy.memcached.compat.log.SunLogger");
        java.util.logging.Logger.getLogger("net.spy").setLevel(java.util.logging.Level.SEVERE);
        InetSocketAddress server = new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0]));
        MemcachedClient client = new MemcachedClient(
            new ConnectionFactoryBuilder()
                .setProtocol(ConnectionFactoryBuilder.Protocol.TEXT)
                .setOpTimeout(10_000)
                .build(),
            List.of(server));

        // Values, misses, types.
        same(null, client.get("k"), "a miss");
        same(true, client.set("k", 0, "first").get(), "set");
        same("first", client.get("k"), "get");
        byte[] bytes = new byte[256];
        for (int index = 0; index < bytes.length; index++) {
            bytes[index] = (byte) index;
        }
        client.set("bytes", 0, bytes).get();
        same(true, Arrays.equals(bytes, (byte[]) client.get("bytes")), "every byte");
        client.set("list", 100, new java.util.ArrayList<>(List.of("a", "ä"))).get();
        same(List.of("a", "ä"), client.get("list"), "an object");

        // Many at a time: it pipelines what is asked, and makes multi-gets of neighbouring gets.
        Map<String, Object> values = new HashMap<>();
        for (int number = 0; number < 200; number++) {
            values.put("many:" + number, "value " + number);
        }
        values.forEach((key, value) -> client.set(key, 0, value));
        List<String> asked = new java.util.ArrayList<>(values.keySet());
        asked.add("nothing");
        same(values, client.getBulk(asked), "getBulk");
        List<java.util.concurrent.Future<Object>> pending = new java.util.ArrayList<>();
        for (int number = 0; number < 200; number++) {
            pending.add(client.asyncGet("many:" + number));
        }
        for (int number = 0; number < 200; number++) {
            same("value " + number, pending.get(number).get(), "asyncGet");
        }

        // Conditions.
        same(false, client.add("k", 0, "never").get(), "add onto something");
        same(true, client.replace("k", 0, "middle").get(), "replace");
        same(true, client.append("k", "-after").get(), "append");
        same(true, client.prepend("k", "before-").get(), "prepend");
        CASValue<Object> read = client.gets("k");
        same("before-middle-after", read.getValue(), "gets");
        same(CASResponse.OK, client.cas("k", read.getCas(), "swapped"), "cas");
        same(CASResponse.EXISTS, client.cas("k", read.getCas(), "too late"), "cas too late");
        same(CASResponse.NOT_FOUND, client.cas("nothing", read.getCas(), "x"), "cas of nothing");
        same(true, client.touch("k", 100).get(), "touch");
        same(true, client.delete("k").get(), "delete");
        same(false, client.delete("k").get(), "delete of nothing");

        // Counters.
        client.set("n", 0, "5").get();
        same(15L, client.incr("n", 10), "incr");
        same(9L, client.decr("n", 6), "decr");
        same(-1L, client.incr("nothing", 1), "incr of nothing");
        same(7L, client.incr("fresh", 1, 7L), "incr with a default");

        // Values near the limit and above it; what follows is answered. Random, as it compresses.
        byte[] large = new byte[1000 * 1000];
        new java.util.Random(1).nextBytes(large);
        client.set("large", 0, large).get();
        same(true, Arrays.equals(large, (byte[]) client.get("large")), "a large value");
        byte[] larger = new byte[2 * 1024 * 1024];
        new java.util.Random(1).nextBytes(larger);
        boolean isStored;
        try {
            isStored = client.set("large", 0, larger).get();
        } catch (IllegalArgumentException | ExecutionException refusal) {
            isStored = false;
        }
        same(false, isStored, "a value too large");
        same(true, client.set("after", 0, "it").get(), "set after a refusal");

        // The server itself.
        same("1.6.18", client.getStats().get(server).get("version"), "stats");
        same(true, client.getStats("settings").get(server).containsKey("item_size_max"), "stats settings");
        same("1.6.18", client.getVersions().get(server), "version");
        same(true, client.flush().get(), "flush");
        same(null, client.get("after"), "get after flush");
        client.shutdown(5, java.util.concurrent.TimeUnit.SECONDS);
        System.out.println("ok");
    }
}
