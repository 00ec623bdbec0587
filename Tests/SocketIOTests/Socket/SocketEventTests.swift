import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("An event as its handlers see it")
struct SocketEventTests {
  @Test("Its description shows name, arguments and acknowledgement, read or not")
  func description() {
    let (bench, socket) = ClientBench.connected()
    socket.on("e") { [log = bench.log] in log.add("\($0)") }
    bench.script.receive(#"2["e",1,"two"]"#)
    let text = #"SocketEvent(name: "e", args: [1, "two"], ack: nil)"#
    #expect(bench.take() == [text])
    #expect("\(SocketEvent(name: "e", args: [1, "two"], ack: nil))" == text)
  }

  @Test("Threads that ask for the arguments at the same time get the same")
  func threads() async throws {
    var assembler = JSONPacketAssembler(JSONParser())
    let packet = try #require(try assembler.add(.text(#"2["e",[1,2],"\u0041"]"#)))
    guard case .event(let received) = packet.content else {
      Issue.record("no event")
      return
    }
    let event = SocketEvent(received, ack: nil)
    await withTaskGroup(of: [SocketValue].self) { group in
      for _ in 0..<8 { group.addTask { event.args } }
      for await values in group { #expect(values == [[1, 2], "A"]) }
    }
  }
}
