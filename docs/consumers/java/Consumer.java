import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;

public class Consumer {
  static final ObjectMapper json = new ObjectMapper();
  static final Set<List<String>> seen = new LinkedHashSet<>();

  public static void main(String[] topics) throws Exception {
    Map<String, Object> settings = Map.of(
        "bootstrap.servers", System.getenv("KAFKA_BOOTSTRAP_SERVERS"),
        "group.id", System.getenv().getOrDefault("GROUP_ID", "example"),
        "auto.offset.reset", "earliest",
        "enable.auto.commit", false);
    var text = new StringDeserializer();
    var main = Thread.currentThread();
    try (var consumer = new KafkaConsumer<>(settings, text, text)) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> {
        consumer.wakeup();
        try { main.join(); } catch (InterruptedException ignored) { }
      }));
      consumer.subscribe(List.of(topics));
      while (true) {
        for (var record : consumer.poll(Duration.ofSeconds(1))) handle(record);
        consumer.commitSync(); // only now: a record that fails is read again
      }
    } catch (WakeupException stopped) {
      // SIGTERM
    }
  }

  static void handle(ConsumerRecord<String, String> record) throws Exception {
    var headers = new HashMap<String, String>();
    for (var header : record.headers()) headers.put(header.key(), new String(header.value(), "UTF-8"));
    var identity = List.of("ce_source", "ce_id", "ce_type", "ce_digest").stream().map(headers::get).toList();
    if (seen.contains(identity)) return;
    var object = json.readTree(record.value()).path("data").path("object");
    var line = json.createObjectNode();
    for (var name : List.of("id", "type", "subject")) line.put(name, headers.get("ce_" + name));
    line.put("key", record.key());
    for (var name : List.of("amount", "currency")) line.set(name, object.get(name));
    System.out.println(line);
    seen.add(identity);
    if (seen.size() > 100_000) seen.remove(seen.iterator().next());
  }
}
