package lib.database;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Answers questions from a list, in the words of a PostgreSQL server: so a tool can practise its reading too, and the
 * driver with it, where no database is ({@link lib.Practice}). It listens on 127.0.0.1 as long as the JVM runs. What it
 * says is of protocol 3.0: https://www.postgresql.org/docs/current/protocol-message-formats.html.
 */
public final class PracticeServer {
    /** Types of columns: their object identifiers (pg_type.dat). */
    public enum SqlType {
        BOOL(16), INT8(20), TEXT(25), FLOAT8(701), TEXT_ARRAY(1009);

        private final int oid;

        SqlType(int oid) {
            this.oid = oid;
        }
    }

    /** The only value of a column, as text. */
    public record Value(String name, SqlType type, String text) {}

    /**
     * One row.
     *
     * @param part of the SQL that it answers: the first answer in the list that fits is given
     * @param copied what {@code COPY … TO STDOUT} gives; null for other questions
     */
    public record Answer(String part, List<Value> values, byte[] copied) {
        public static Answer row(String part, Value... values) {
            return new Answer(part, List.of(values), null);
        }

        public static Answer copied(String part, byte[] bytes) {
            return new Answer(part, List.of(), bytes);
        }
    }

    private static final int PROTOCOL_3 = 3 << 16;
    private static final int PROCESS = 1;
    private static final byte[] OUTSIDE_TRANSACTIONS = {'I'};
    private static final byte[] BINARY = {1};
    private static final List<Answer> OF_EACH_SERVER = List.of(
        Answer.row("SELECT pg_catalog.pg_backend_pid()", new Value("process", SqlType.INT8, String.valueOf(PROCESS))),
        Answer.row(
            "server_version_num",
            new Value("version", SqlType.TEXT, "17.0"),
            new Value("version_number", SqlType.INT8, "170000"),
            new Value("user", SqlType.TEXT, "practice"),
            new Value("is_superuser", SqlType.BOOL, "f"),
            new Value("may_replicate", SqlType.BOOL, "f"),
            new Value("is_standby", SqlType.BOOL, "f")),
        Answer.row(
            "e.extversion",
            new Value("version", SqlType.TEXT, "2.28.3"),
            new Value("edition", SqlType.TEXT, "community"),
            new Value("schema", SqlType.TEXT, "public")));
    private static final Map<String, String> SETTINGS = Map.of(
        "server_version",
        "17.0",
        "client_encoding",
        "UTF8",
        "DateStyle",
        "ISO, MDY",
        "integer_datetimes",
        "on",
        "standard_conforming_strings",
        "on",
        "TimeZone",
        "UTC");

    private final List<Answer> answers;
    private final ServerSocket socket;

    private PracticeServer(List<Answer> answers) throws IOException {
        this.answers = Stream.concat(answers.stream(), OF_EACH_SERVER.stream()).toList();
        this.socket = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    }

    public static PracticeServer start(List<Answer> answers) throws IOException {
        var server = new PracticeServer(answers);
        Thread.ofPlatform().daemon().start(server::listen);
        return server;
    }

    /** Where it is, whatever the environment says of other servers. */
    public String url() {
        return "postgresql://practice@127.0.0.1:" + socket.getLocalPort()
            + "/practice?sslmode=disable&target_session_attrs=any";
    }

    private void listen() {
        try {
            while (true) {
                var client = socket.accept();
                Thread.ofPlatform().daemon().start(() -> converse(client));
            }
        } catch (IOException trouble) {
            // what is practised ends without a server
        }
    }

    private void converse(Socket client) {
        try (client) {
            new Conversation(client).hold();
        } catch (IOException gone) {
            // the client went away
        }
    }

    /** Empty: no rows. */
    private Optional<Answer> answer(String sql) {
        return answers.stream().filter(answer -> sql.contains(answer.part())).findFirst();
    }

    private final class Conversation {
        private final DataInputStream in;
        private final DataOutputStream out;
        private String sql = "";

        Conversation(Socket client) throws IOException {
            client.setTcpNoDelay(true);
            in = new DataInputStream(new BufferedInputStream(client.getInputStream()));
            out = new DataOutputStream(new BufferedOutputStream(client.getOutputStream()));
        }

        void hold() throws IOException {
            if (!begin()) return;
            while (true) {
                int type = in.read();
                if (type < 0 || type == 'X') return;
                var body = in.readNBytes(in.readInt() - Integer.BYTES);
                switch (type) {
                    case 'P' -> parse(body);
                    case 'B' -> send('2', new Message());
                    case 'D' -> describe();
                    case 'E' -> execute();
                    case 'S' -> ready();
                    case 'Q' -> copy(body);
                    default -> {}
                }
            }
        }

        /** @return false for what is no session: a request to cancel, say */
        private boolean begin() throws IOException {
            var body = ByteBuffer.wrap(in.readNBytes(in.readInt() - Integer.BYTES));
            if (body.getInt() != PROTOCOL_3) return false;
            send('R', new Message().number(0));
            for (var setting : SETTINGS.entrySet()) {
                send('S', new Message().text(setting.getKey()).text(setting.getValue()));
            }
            send('K', new Message().number(PROCESS).number(0));
            ready();
            return true;
        }

        private void parse(byte[] body) throws IOException {
            var texts = new String(body, StandardCharsets.UTF_8).split("\0", -1);
            sql = texts[1];
            send('1', new Message());
        }

        private void describe() throws IOException {
            var values = answer(sql).map(Answer::values).orElse(List.of());
            var message = new Message().small(values.size());
            for (var value : values) {
                message.text(value.name()).number(0).small(0).number(value.type().oid).small(-1).number(-1).small(0);
            }
            send('T', message);
        }

        private void execute() throws IOException {
            var answer = answer(sql);
            if (answer.isPresent()) {
                var message = new Message().small(answer.get().values().size());
                for (var value : answer.get().values()) {
                    var text = value.text().getBytes(StandardCharsets.UTF_8);
                    message.number(text.length).bytes(text);
                }
                send('D', message);
            }
            send('C', new Message().text("SELECT 1"));
        }

        private void copy(byte[] body) throws IOException {
            send('H', new Message().bytes(BINARY).small(0));
            var answer = answer(new String(body, StandardCharsets.UTF_8));
            if (answer.isPresent()) send('d', new Message().bytes(answer.get().copied()));
            send('c', new Message());
            send('C', new Message().text("COPY 1"));
            ready();
        }

        private void ready() throws IOException {
            send('Z', new Message().bytes(OUTSIDE_TRANSACTIONS));
            out.flush();
        }

        private void send(char type, Message message) throws IOException {
            out.write(type);
            out.writeInt(message.size() + Integer.BYTES);
            message.writeTo(out);
        }
    }

    /** The body of a message. */
    private static final class Message {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final DataOutputStream out = new DataOutputStream(bytes);

        Message number(int value) throws IOException {
            out.writeInt(value);
            return this;
        }

        Message small(int value) throws IOException {
            out.writeShort(value);
            return this;
        }

        Message text(String value) throws IOException {
            out.write(value.getBytes(StandardCharsets.UTF_8));
            out.write(0);
            return this;
        }

        Message bytes(byte[] value) throws IOException {
            out.write(value);
            return this;
        }

        int size() {
            return bytes.size();
        }

        void writeTo(DataOutputStream target) throws IOException {
            bytes.writeTo(target);
        }
    }
}
