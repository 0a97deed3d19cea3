metadata description = 'The identity of the app. It outlives the app, so that roles survive when the app is made anew.'

@minLength(3)
@maxLength(128)
param name string

param location string

param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

output id string = identity.id
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
