extension KeyedDecodingContainer {
  /// Sets `value` to what stands under a key. Where the key is absent or null, the value stays: its default.
  public func read<Value: Decodable>(_ key: Key, into value: inout Value) throws {
    if let found = try decodeIfPresent(Value.self, forKey: key) { value = found }
  }
}
