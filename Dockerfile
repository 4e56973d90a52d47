# The tools image: Java 25, PostgreSQL's programs, JBang, the compiled tools and everything that they need, so that a run
# needs no network and starts at once. `make image` builds it (bin/tools: when, with which arguments); nothing pulls it.
#
# What takes the space (measured on the stand-in for postgres:15 of tests/images: 805 MB in all; the official one: +70 MB):
#   postgres image   370 MB   its programs in the database's own major version; a third of it is LLVM for the JIT
#   JDK              215 MB   with javac, for your own JBang scripts; without src.zip and spare CDS archives
#   start-up caches   89 MB   AOT caches of chart, explore and backup: a quarter of a chart's CPU time
#   libraries         53 MB   what the //DEPS lines name; POI's schemas and the native parts of zstd and sockets lead
#   TimescaleDB      ~20 MB   so that a backup can be booted to prove it (drill); not in those 805
#   rclone            58 MB   for copies in another place
#   JBang, fonts      18 MB   a chart without a font has no numbers

# The database's major version, else a restored cluster cannot boot here (drill)
ARG POSTGRES_IMAGE=postgres:17
ARG JDK_IMAGE=eclipse-temurin:25

# 1. The JDK, copied as its maintainers recommend for other people's images
FROM ${JDK_IMAGE} AS jdk
RUN mkdir /opt/jdk && cp -a "$JAVA_HOME"/. /opt/jdk/ \
 && rm -rf /opt/jdk/lib/src.zip /opt/jdk/man /opt/jdk/demo /opt/jdk/include /opt/jdk/jmods \
       /opt/jdk/lib/server/classes_*.jsa

# 2. JBang, through Maven: the same bin/jbang as on a host without Docker
FROM jdk AS jbang
# A company's own certificate authority, as PEM text: make image EXTRA_CA=/path/to/ca.crt
ARG EXTRA_CA=
ENV JAVA_HOME=/opt/jdk JBANG_REPO=/opt/tools/m2 JBANG_CACHE_DIR=/opt/tools/cache MAVEN_OPTS=-Dmaven.repo.local=/tmp/m2
# (man1: slim Debian images lack it, and the Java package that Maven depends on stumbles over that)
RUN mkdir -p /usr/share/man/man1 \
 && apt-get update && apt-get install -y --no-install-recommends maven && rm -rf /var/lib/apt/lists/*
RUN mkdir /tmp/ca && cd /tmp/ca && printf '%s\n' "$EXTRA_CA" \
  | awk '/BEGIN CERT/ { n++ } n { print > ("extra" n ".crt") }' \
 && for one in extra*.crt; do \
      [ ! -f "$one" ] \
      || /opt/jdk/bin/keytool -importcert -noprompt -cacerts -storepass changeit -alias "$one" -file "$one"; \
    done
WORKDIR /opt/tools
COPY bin/jbang bin/jbang
RUN bin/jbang version && rm -rf /tmp/m2

# 3. The libraries: this layer is made again only when a //DEPS line changes, not with every edit of a script.
#    Each script's own set: together they would settle on other versions than each alone.
FROM jdk AS wanted
COPY *.java example/*.java bin/standalone.java /src/
RUN mkdir /wanted && cd /src && for script in *.java; do \
      class=libraries_${script%.java}; \
      { echo '//JAVA 25+' && grep '^//DEPS' "$script" \
     && echo "class $class { public static void main(String[] a) {} }"; } > "/wanted/$class.java"; \
    done

FROM jbang AS libraries
COPY --from=wanted /wanted /tmp/wanted
# (the first entry of each classpath is the jar that JBang made of those few lines)
RUN mkdir classpath && for one in /tmp/wanted/*.java; do \
      bin/jbang info classpath "$one" > all || exit 1; \
      sed -e 's/^[^:]*:*//' all > "classpath/${one#*/libraries_}"; \
    done; rm -rf all cache; mkdir cache; chmod -R a+rwX cache .jbang

# 4. The tools, compiled
FROM libraries AS tools
COPY bin/container/Compile.java bin/container/
COPY lib lib
COPY *.java ./
COPY example/*.java example/*.sql example/
COPY bin/standalone.java bin/
RUN /opt/jdk/bin/java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC bin/container/Compile.java \
      *.java example/*.java bin/*.java
# What each of ours declares to write: bin/tools reads it on the host
RUN for one in backup.java restore.java explore.java chart.java bin/standalone.java example/sample.java; do \
      mkdir -p "paths/$(dirname "$one")" \
   && /opt/jdk/bin/java -XX:TieredStopAtLevel=1 "@launch/$one" --print-paths > "paths/$one" || exit 1; \
    done

# 5. What runs, without the tools
FROM ${POSTGRES_IMAGE} AS base
USER root
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      ca-certificates fontconfig fonts-dejavu-core rclone tzdata \
 && rm -rf /var/lib/apt/lists/* && fc-cache -s \
 # Any uid may run it (docker run --user): a home that everybody can write, in a container that lives for one command
 && mkdir -m 1777 /home/tools
# latest, none, or the version that your database runs: without it no copy of a TimescaleDB cluster boots here (drill)
ARG TIMESCALEDB=latest
# changes when `make image` tries once more what did not work
ARG ATTEMPT=
COPY bin/container/timescaledb /opt/tools/bin/container/
RUN ATTEMPT=$ATTEMPT /opt/tools/bin/container/timescaledb "$TIMESCALEDB"
COPY --from=jdk /opt/jdk /opt/jdk
COPY --from=libraries /opt/tools /opt/tools
COPY bin/container/run /opt/tools/bin/container/
ENV JAVA_HOME=/opt/jdk PATH=/opt/tools/bin:/opt/jdk/bin:$PATH HOME=/home/tools LANG=C.UTF-8 \
    JBANG_REPO=/opt/tools/m2 JBANG_CACHE_DIR=/opt/tools/cache IN_TOOLS_IMAGE=yes

# 6. The start-up caches of the tools that people wait for: a stage each, so that an edit makes only one cache again
FROM base AS practice
COPY bin/container/practice /opt/tools/bin/container/
RUN /opt/tools/bin/container/practice database

FROM practice AS chart
COPY --from=tools /opt/tools/launch/chart.* /opt/tools/launch/
RUN /opt/tools/bin/container/practice chart.java --metric health -o chart.svg

FROM practice AS explore
COPY --from=tools /opt/tools/launch/explore.* /opt/tools/launch/
RUN /opt/tools/bin/container/practice explore.java -o reports

FROM practice AS backup
COPY --from=tools /opt/tools/launch/backup.* /opt/tools/launch/
RUN /opt/tools/bin/container/practice backup.java -o backups

# 7. The image
FROM base
COPY --from=tools /opt/tools/launch /opt/tools/launch
COPY --from=tools /opt/tools/paths /opt/tools/paths
COPY --from=chart /opt/tools/launch/chart.java.aot /opt/tools/launch/
COPY --from=explore /opt/tools/launch/explore.java.aot /opt/tools/launch/
COPY --from=backup /opt/tools/launch/backup.java.aot /opt/tools/launch/
USER postgres
WORKDIR /work
ENTRYPOINT ["/opt/tools/bin/container/run"]
CMD ["help"]
