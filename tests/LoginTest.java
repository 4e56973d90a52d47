//SOURCES ../lib/Failure.java ../lib/Program.java ../lib/database/ConnectionSettings.java ../lib/database/Database.java
//SOURCES Cluster.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.Failure;
import lib.Program;
import lib.database.ConnectionSettings;
import lib.database.Database;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Passwords and client keys, as libpq takes them, against a server that asks for them. */
@Tag("local")
class LoginTest {
    @TempDir
    static Path home;
    private static Cluster cluster;

    @BeforeAll
    static void a_server_with_tls() throws IOException {
        cluster = Cluster.create();
        openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=ca");
        openssl("req -x509 -newkey rsa:2048 -nodes -keyout server.key -out server.crt -days 2 -subj /CN=127.0.0.1");
        for (var file : List.of("server.key", "server.crt", "ca.crt")) {
            var there = Files.copy(home.resolve(file), cluster.data().resolve(file));
            Files.setPosixFilePermissions(there, PosixFilePermissions.fromString("rw-------"));
            Cluster.giveToServer(there);
        }
        cluster.sql("CREATE ROLE holder LOGIN REPLICATION; CREATE ROLE asked LOGIN REPLICATION PASSWORD 's3cret'");
        var hba = cluster.data().resolve("pg_hba.conf");
        Files.writeString(hba, """
            hostssl all             holder 127.0.0.1/32 cert
            host    all,replication asked  127.0.0.1/32 scram-sha-256
            """ + Files.readString(hba));
        cluster.sql("ALTER SYSTEM SET ssl_ca_file = 'ca.crt'");
        cluster.sql("ALTER SYSTEM SET ssl = on");
        cluster.sql("SELECT pg_reload_conf()");
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    /** What OpenSSL writes today, what it wrote for twenty years, an elliptic curve, and DER as the driver wants it. */
    @ParameterizedTest @ValueSource(strings = {"rsa -traditional", "ec", "ec -traditional", "rsa", "rsa -outform DER"})
    void a_client_key_of_any_form_opens_the_door(String form) throws IOException {
        var name = form.replaceAll("\\W+", "-");
        openssl(
            form.startsWith("ec") ? "ecparam -name prime256v1 -genkey -noout -out " + name + ".pem"
                : "genrsa -out " + name + ".pem 2048");
        openssl("req -new -key " + name + ".pem -out " + name + ".csr -subj /CN=holder");
        openssl("x509 -req -in " + name + ".csr -CA ca.crt -CAkey ca.key -set_serial 7 -days 2 -out " + name + ".crt");
        var key = home.resolve(name + (form.contains("DER") ? ".pk8" : ".key"));
        var conversion = "pkcs8 -topk8 -nocrypt";
        if (form.contains("DER")) conversion = "pkcs8 -topk8 -nocrypt -outform DER";
        if (form.contains("-traditional")) conversion = "pkey -traditional";
        openssl(conversion + " -in " + name + ".pem -out " + key);

        var words = Map.of(
            "PGSSLMODE",
            "require",
            "PGSSLCERT",
            home.resolve(name + ".crt").toString(),
            "PGSSLKEY",
            key.toString());

        assertEquals("holder", whoAmI(settings("holder", words)));
    }

    @Test
    void a_line_for_replication_in_the_password_file_is_enough_for_a_whole_cluster() throws IOException {
        var file = Files.writeString(home.resolve("pgpass"), "127.0.0.1:*:replication:asked:s3cret\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        var settings = settings("asked", Map.of("PGPASSFILE", file.toString()));

        assertThrows(Failure.class, () -> whoAmI(settings));
        assertEquals("asked", whoAmI(settings.forCluster()));
        try (var replication = Database.openReplication(settings.forCluster(), "test")) {
            assertEquals(
                cluster.sql("SELECT system_identifier FROM pg_control_system()"),
                replication.one("IDENTIFY_SYSTEM", row -> row.getString("systemid")));
        }
    }

    /** The driver finds this file too; it is told not to look. */
    @Test
    void a_password_file_that_others_may_read_opens_nothing() throws IOException {
        var file = Files.writeString(home.resolve("open"), "*:*:*:*:s3cret\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        System.setProperty("org.postgresql.pgpassfile", file.toString());
        try {
            var settings = settings("asked", Map.of("PGPASSFILE", file.toString()));
            assertEquals(10, assertThrows(Failure.class, () -> whoAmI(settings)).exitCode());
        } finally {
            System.clearProperty("org.postgresql.pgpassfile");
        }
    }

    private static String whoAmI(ConnectionSettings settings) {
        try (var database = Database.open(settings, "test")) {
            return database.one("SELECT current_user", row -> row.getString(1));
        }
    }

    private static ConnectionSettings settings(String user, Map<String, String> more) {
        var environment = new HashMap<>(cluster.environment());
        environment.put("PGUSER", user);
        environment.put("HOME", home.toString());
        environment.putAll(more);
        return ConnectionSettings.resolve(Map.of(), null, environment, home.resolve(".env"));
    }

    private static void openssl(String words) {
        var command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(words.split(" ")));
        var answer = Program.of(command).in(home).capture();
        if (!answer.ok()) throw new AssertionError(words + "\n" + answer.stderr());
    }
}
