//SOURCES RecordReader.java
package lib;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.PrettyPrinter;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON in and out: records become objects in the order of their components, times are ISO 8601 in UTC, indented by two.
 * Records are written and read without databind, which takes half a second of CPU before its first letter; only a
 * tree of unknown JSON is its.
 */
public final class Json {
    private static final JsonFactory FACTORY =
        JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();

    private Json() {}

    public static String write(Object value) {
        var text = new StringWriter();
        try (var json = FACTORY.createGenerator(new Indented(), text)) {
            new Writer(json).value(value);
        }
        return text.append('\n').toString();
    }

    /** The same, for what is too big to stand in memory as text. The stream stays open. */
    public static void write(Object value, OutputStream out) throws IOException {
        try (var json = FACTORY.createGenerator(new Indented(), out)) {
            new Writer(json).value(value);
        }
        out.write('\n');
    }

    public static <T> T read(String json, Class<T> type) {
        try (var parser = FACTORY.createParser(ObjectReadContext.empty(), json)) {
            return new RecordReader(parser).read(type);
        }
    }

    public static JsonNode tree(String json) {
        return Trees.MAPPER.readTree(json);
    }

    /** Made when a tree is asked for, not before. */
    private static final class Trees {
        private static final ObjectMapper MAPPER = JsonMapper.builder().build();
    }

    private static final class Indented extends ObjectWriteContext.Base {
        private final PrettyPrinter printer = new DefaultPrettyPrinter();

        @Override
        public PrettyPrinter getPrettyPrinter() {
            return printer;
        }

        @Override
        public boolean hasPrettyPrinter() {
            return true;
        }

        @Override
        public TokenStreamFactory tokenStreamFactory() {
            return FACTORY;
        }
    }

    /** Components of records, and what a record says of itself in a method {@code boolean is…()}. */
    private static final class Writer {
        private final JsonGenerator json;
        private final Map<Class<?>, List<Method>> facts = new HashMap<>();

        Writer(JsonGenerator json) {
            this.json = json;
        }

        void value(Object value) {
            switch (value) {
                case null -> json.writeNull();
                case Boolean b -> json.writeBoolean(b);
                case Integer n -> json.writeNumber(n);
                case Long n -> json.writeNumber(n);
                case Double n -> json.writeNumber(n);
                case Record r -> {
                    json.writeStartObject();
                    for (var fact : facts.computeIfAbsent(r.getClass(), Writer::factsOf)) {
                        json.writeName(fact.getName());
                        value(ask(fact, r));
                    }
                    json.writeEndObject();
                }
                case Map<?, ?> m -> {
                    json.writeStartObject();
                    m.forEach((key, of) -> {
                        json.writeName(key.toString());
                        value(of);
                    });
                    json.writeEndObject();
                }
                case Collection<?> c -> {
                    json.writeStartArray();
                    c.forEach(this::value);
                    json.writeEndArray();
                }
                case String s -> json.writeString(s);
                case Enum<?> e -> json.writeString(e.name());
                case Instant at -> json.writeString(at.toString());
                default -> throw new IllegalArgumentException("no JSON for " + value.getClass());
            }
        }

        private static List<Method> factsOf(Class<?> record) {
            var found = new ArrayList<Method>();
            for (var component : record.getRecordComponents()) {
                if (!component.getAccessor().isAnnotationPresent(JsonIgnore.class)) found.add(component.getAccessor());
            }
            var methods = record.getDeclaredMethods();
            // the JVM gives them in any order, and a file's is always the same
            Arrays.sort(methods, Comparator.comparing(Method::getName));
            for (var method : methods) {
                if (method.getName().matches("is[A-Z].*") && method.getParameterCount() == 0
                    && method.getReturnType() == boolean.class
                    && !found.contains(method)) {
                    found.add(method);
                }
            }
            found.forEach(m -> m.setAccessible(true));
            return found;
        }

        private static Object ask(Method fact, Record record) {
            try {
                return fact.invoke(record);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
