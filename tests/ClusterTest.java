import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("local")
class ClusterTest {
    @Test
    void a_cluster_answers_and_leaves_nothing_behind() {
        var cluster = Cluster.create();
        assertEquals("2", cluster.sql("SELECT 1 + 1"));
        cluster.close();
        assertFalse(Files.exists(cluster.home()));
    }
}
