//SOURCES ../Practice.java ExploreConfig.java Report.java ReportFiles.java
package lib.explore;

import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import lib.Practice;

/** Judges and writes a report of a made-up database: what most of the classes of a run are for. */
public final class ExplorePractice implements Practice {
    @Override
    public List<List<String>> commandLines(Path scratch) throws IOException {
        var report = ReportFiles.judge(sample(Report.class), ExploreConfig.defaults(), null);
        ReportFiles.write(report, scratch, ExploreConfig.defaults().format());
        return List.of(List.of("explain", "SEQ-01"));
    }

    /** A record with one of everything, at any depth. */
    private static <T extends Record> T sample(Class<T> type) {
        var components = type.getRecordComponents();
        var types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        var values = Arrays.stream(components).map(component -> value(component.getGenericType())).toArray();
        try {
            return type.getDeclaredConstructor(types).newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object value(Type type) {
        if (type instanceof ParameterizedType list) return List.of(value(list.getActualTypeArguments()[0]));
        var plain = (Class<?>) type;
        if (plain == String.class) return Instant.EPOCH.toString();      // some texts are times
        if (plain == boolean.class || plain == Boolean.class) return false;
        if (plain == char.class) return 'r';
        if (plain == int.class || plain == Integer.class) return 1;
        if (plain == long.class || plain == Long.class) return 1L;
        if (plain == double.class || plain == Double.class) return 1.0;
        if (plain == Instant.class) return Instant.EPOCH;
        if (plain.isEnum()) return plain.getEnumConstants()[0];
        return sample(plain.asSubclass(Record.class));
    }
}
