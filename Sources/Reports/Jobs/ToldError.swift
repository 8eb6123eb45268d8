/// An error of a clip as another rank tells it: its line and its exit status.
public struct ToldError: Error, Codable, Equatable, CustomStringConvertible {
  public let description: String
  public let status: Int32

  public init(_ description: String, status: Int32) { (self.description, self.status) = (description, status) }
}
