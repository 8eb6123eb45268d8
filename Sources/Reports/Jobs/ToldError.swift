/// An error of a clip as another rank tells it: its line and its exit status.
public struct ToldError: Error, Codable, Equatable, CustomStringConvertible {
  public let description: String
  public let status: Int32

  init(_ error: any Error, status: (any Error) -> Int32) {
    (description, self.status) = ("\(error)", status(error))
  }
}
