/// Counts what goes over the transports of a Manager's engines. Confined to the loop.
final class EngineTally {
  /// Of one transport; an object, so that counting a packet looks nothing up.
  final class Counter {
    private(set) var traffic = Statistics.Traffic()

    func sent(_ packets: [EnginePacket]) {
      traffic.packetsSent += packets.count
      for packet in packets { traffic.bytesSent += packet.size }
    }

    func received(_ packet: EnginePacket) {
      traffic.packetsReceived += 1
      traffic.bytesReceived += packet.size
    }
  }

  private lazy var polling = Counter()
  private lazy var websocket = Counter()
  var probeRoundTrips = DurationSummary()

  var traffic: [TransportName: Statistics.Traffic] {
    [.polling: polling.traffic, .websocket: websocket.traffic]
  }

  func counter(_ name: TransportName) -> Counter { name == .websocket ? websocket : polling }
}
