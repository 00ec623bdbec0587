import SocketIO

/// Certificates, keys and proxies. `folder` is the folder of the files.
extension OptionsPageExamples {
  func selfSigned(_ folder: String) throws -> Socket {
    let socket = try io("https://example.com") { $0.ca = [.file(folder + "/self-signed.pem")] }
    return socket
  }

  func clientCertificate(_ folder: String) throws -> Socket {
    let socket = try io("https://example.com") {
      $0.ca = [.file(folder + "/ca.pem")]
      $0.cert = .file(folder + "/client.pem")
      $0.key = .file(folder + "/client.key")
    }
    return socket
  }

  func encryptedKey(_ folder: String) throws -> Socket {
    let socket = try io("https://example.com") {
      $0.ca = [.file(folder + "/ca.pem")]
      $0.cert = .file(folder + "/client.pem")
      $0.key = .file(folder + "/encrypted.key")
      $0.passphrase = "secret"
    }
    return socket
  }

  func pkcs12(_ folder: String) throws -> Socket {
    let socket = try io("https://example.com") {
      $0.ca = [.file(folder + "/ca.pem")]
      $0.pfx = .file(folder + "/client.p12")
      $0.passphrase = "secret"
    }
    return socket
  }

  func ciphers(_ folder: String) throws -> Socket {
    let socket = try io("https://example.com") {
      $0.ca = [.file(folder + "/ca.pem")]
      $0.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256"
    }
    return socket
  }

  func pins(_ folder: String, _ pin: String) throws -> Socket {
    let socket = try io("https://example.com") {
      $0.ca = [.file(folder + "/ca.pem")]
      $0.pins = [pin]
    }
    return socket
  }

  func rejectUnauthorized() throws -> Socket {
    let socket = try io("https://example.com") { $0.rejectUnauthorized = false }
    return socket
  }

  func tlsErrors(_ socket: Socket) {
    socket.on(.connectError) { error in
      switch error.code {
      case .tlsUntrusted: print("nobody that we trust vouches for this server")
      case .tlsHostMismatch: print("the certificate is for another host")
      case .tlsExpired: print("the certificate has expired")
      default: print("\(error.code): \(error.message)")
      }
    }
  }

  func proxy(_ proxy: String) throws -> Socket {
    let socket = try io("https://example.com") { $0.agent.proxy = proxy }
    return socket
  }

  func agent() throws -> Socket {
    let socket = try io("https://example.com") {
      $0.agent = ConnectionAgent(keepAlive: false, localAddress: "127.0.0.2")
    }
    return socket
  }
}
