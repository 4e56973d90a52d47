
//SOURCES Cluster.java
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stands before a server on 127.0.0.1 and hands on what is said, until so many bytes have passed: then it ends every
 * connection, and takes no new one. For whoever talks to it the server has gone away.
 */
final class LeavingServer implements AutoCloseable {
    private static final int CHUNK = 16 * 1024;

    private final ServerSocket door;
    private final int target;
    private final AtomicLong left;
    private final List<Socket> open = new CopyOnWriteArrayList<>();

    private LeavingServer(ServerSocket door, int target, long bytes) {
        this.door = door;
        this.target = target;
        this.left = new AtomicLong(bytes);
    }

    /** @param port of the server behind it. @param bytes that pass, both ways together */
    static LeavingServer before(int port, long bytes) throws IOException {
        var server =
            new LeavingServer(new ServerSocket(Cluster.freePort(), 50, InetAddress.getLoopbackAddress()), port, bytes);
        Thread.ofVirtual().start(server::accept);
        return server;
    }

    int port() {
        return door.getLocalPort();
    }

    boolean isGone() {
        return door.isClosed();
    }

    private void accept() {
        while (!isGone()) {
            try {
                var client = door.accept();
                var server = new Socket(InetAddress.getLoopbackAddress(), target);
                open.addAll(List.of(client, server));
                if (isGone()) close();
                Thread.ofVirtual().start(() -> handOn(client, server));
                Thread.ofVirtual().start(() -> handOn(server, client));
            } catch (IOException gone) {
                close();
            }
        }
    }

    private void handOn(Socket from, Socket to) {
        var chunk = new byte[CHUNK];
        try (from; to) {
            for (int n = from.getInputStream().read(chunk); n >= 0; n = from.getInputStream().read(chunk)) {
                if (left.addAndGet(-n) < 0) {
                    close();
                    return;
                }
                to.getOutputStream().write(chunk, 0, n);
            }
        } catch (IOException ended) {
            // by the one or the other, or by us
        }
    }

    @Override
    public void close() {
        try {
            door.close();
            for (var socket : open) socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
