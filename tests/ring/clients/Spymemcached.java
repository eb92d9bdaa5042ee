import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.spy.memcached.DefaultHashAlgorithm;
import net.spy.memcached.KetamaNodeKeyFormatter;
import net.spy.memcached.KetamaNodeLocator;
import net.spy.memcached.MemcachedNode;
import net.spy.memcached.util.DefaultKetamaNodeLocatorConfiguration;

/**
 * Where spymemcached's ring puts keys. Standard input: one server a line (host, port, weight, address, with tabs
 * between them; the address is empty where the host is one), an empty line, one key a line in hex. Standard output:
 * the servers' indices.
 *
 * <p>The argument is "default", "weighted" (a ring made with a map of weights) or "evcache". EVCache's own classes
 * need all of its platform to be constructed; what its EVCacheKetamaNodeLocatorConfiguration does with an address is
 * done here again, on the same locator of spymemcached's.
 */
public final class Spymemcached {
  public static void main(String[] arguments) throws Exception {
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    List<MemcachedNode> nodes = new ArrayList<>();
    Map<InetSocketAddress, Integer> weights = new HashMap<>();
    Map<MemcachedNode, Integer> indices = new HashMap<>();
    for (String line = input.readLine(); !line.isEmpty(); line = input.readLine()) {
      String[] parts = line.split("\t", -1);
      InetSocketAddress address = address(parts[0], Integer.parseInt(parts[1]), parts[3]);
      MemcachedNode node = node(address, nodes.size());
      indices.put(node, nodes.size());
      nodes.add(node);
      weights.put(address, Integer.parseInt(parts[2]));
    }
    KetamaNodeLocator locator = locator(arguments[0], nodes, weights);
    PrintStream output = new PrintStream(System.out, false, "UTF-8");
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      output.println(indices.get(locator.getPrimary(text(line))));
    }
    output.flush();
  }

  private static KetamaNodeLocator locator(
      String kind, List<MemcachedNode> nodes, Map<InetSocketAddress, Integer> weights) {
    switch (kind) {
      case "default":
        return new KetamaNodeLocator(nodes, DefaultHashAlgorithm.KETAMA_HASH);
      case "weighted":
        return new KetamaNodeLocator(
            nodes, DefaultHashAlgorithm.KETAMA_HASH, KetamaNodeKeyFormatter.Format.SPYMEMCACHED, weights);
      case "evcache":
        return new KetamaNodeLocator(nodes, DefaultHashAlgorithm.KETAMA_HASH, new EvcacheConfiguration());
      default:
        throw new IllegalArgumentException(kind);
    }
  }

  private static final class EvcacheConfiguration extends DefaultKetamaNodeLocatorConfiguration {
    @Override
    public String getKeyForNode(MemcachedNode node, int repetition) {
      InetSocketAddress address = (InetSocketAddress) node.getSocketAddress();
      return address.getHostName() + '/' + address.getAddress().getHostAddress() + ":11211-" + repetition;
    }
  }

  /** As the client makes it of a name that was resolved, or of an address as text; nothing is asked of the network. */
  private static InetSocketAddress address(String host, int port, String resolved) throws Exception {
    if (resolved.isEmpty()) {
      return new InetSocketAddress(InetAddress.getByName(host), port);
    }
    byte[] octets = InetAddress.getByName(resolved).getAddress();
    return new InetSocketAddress(InetAddress.getByAddress(host, octets), port);
  }

  /** Something that has an address, which is all that the locator asks for. */
  private static MemcachedNode node(InetSocketAddress address, int index) {
    return (MemcachedNode)
        Proxy.newProxyInstance(
            Spymemcached.class.getClassLoader(),
            new Class<?>[] {MemcachedNode.class},
            (self, method, given) -> {
              switch (method.getName()) {
                case "getSocketAddress":
                  return address;
                case "hashCode":
                  return index;
                case "equals":
                  return self == given[0];
                case "toString":
                  return address.toString();
                default:
                  throw new UnsupportedOperationException(method.getName());
              }
            });
  }

  private static String text(String hex) {
    byte[] octets = new byte[hex.length() / 2];
    for (int at = 0; at < octets.length; at++) {
      octets[at] = (byte) Integer.parseInt(hex.substring(2 * at, 2 * at + 2), 16);
    }
    return new String(octets, StandardCharsets.UTF_8);
  }
}
