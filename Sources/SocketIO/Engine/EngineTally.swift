/// Counts the traffic of a Manager's engines. Confined to the loop.
final class EngineTally {
  /// The traffic of one transport. An object, so that counting a packet needs no look-up.
  final class Counter {
    private(set) var traffic = ManagerStatistics.Traffic()

    func sent(_ packet: EnginePacket) { sent(bytes: packet.size) }

    /// - Parameter bytes: The size of the packet.
    func sent(bytes: Int) {
      traffic.packetsSent += 1
      traffic.bytesSent += bytes
    }

    /// - Parameter bytes: As for sent ones.
    func received(bytes: Int) {
      traffic.packetsReceived += 1
      traffic.bytesReceived += bytes
    }
  }

  private lazy var polling = Counter()
  private lazy var websocket = Counter()
  var probeRoundTrips = DurationSummary()

  var traffic: [TransportName: ManagerStatistics.Traffic] {
    [.polling: polling.traffic, .websocket: websocket.traffic]
  }

  func counter(_ name: TransportName) -> Counter { name == .websocket ? websocket : polling }
}
